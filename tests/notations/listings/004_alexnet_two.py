net = nn.Sequential(  
    nn.Conv2d(3, 96, kernel_size=11, stride=4, padding=1),  
    nn.ReLU(),  
    nn.MaxPool2d(kernel_size=3, stride=2),  
    nn.Conv2d(96, 256, kernel_size=5, padding=2),  
    nn.ReLU(),  
    nn.MaxPool2d(kernel_size=3, stride=2),  
    )
