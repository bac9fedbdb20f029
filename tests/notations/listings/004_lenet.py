net = nn.Sequential(  
    nn.Conv2d(3, 6, kernel_size=5, padding=0, stride=1),  
    nn.ReLU(),  
    nn.AvgPool2d(kernel_size=2, stride=2),  
    nn.Conv2d(6, 16, kernel_size=5, padding=0, stride=1),  
    nn.ReLU(),  
    nn.AvgPool2d(kernel_size=2, stride=2),  
    nn.Flatten(),  
    nn.Linear(120),  
    nn.ReLU(),  
    nn.Linear(84),  
    nn.ReLU(),  
    nn.Linear(2))
