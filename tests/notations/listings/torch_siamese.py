import torch
import torch.nn as nn
import torch.nn.functional as F

class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.fc = nn.Linear(16, 2)
        self.shared = nn.Linear(2, 2)
    def forward(self, left, right):
        a, b = self.tower(left), self.tower(right)
        y = self.fc(torch.cat([a, b], 1))
        return self.shared(F.relu(self.shared(y)))
