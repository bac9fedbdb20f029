import torch
import torch.nn as nn
import torch.nn.functional as F

class DoubleConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())
    def forward(self, x): return self.net(x)
class UNet(nn.Module):
    def __init__(self, n_channels=3, n_classes=2):
        super().__init__()
        self.inc = DoubleConv(n_channels, 64)
        self.down = nn.ModuleList([DoubleConv(64 * 2**i, 128 * 2**i) for i in range(3)])
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList([nn.ConvTranspose2d(512 // 2**i, 256 // 2**i, 2, stride=2) for i in range(3)])
        self.conv = nn.ModuleList([DoubleConv(512 // 2**i, 256 // 2**i) for i in range(3)])
        self.outc = nn.Conv2d(64, n_classes, 1)
    def forward(self, x):
        x = self.inc(x)
        skips = []
        for d in self.down:
            skips.append(x)
            x = d(self.pool(x))
        for u, c, s in zip(self.up, self.conv, reversed(skips)):
            x = c(torch.cat([s, u(x)], dim=1))
        return self.outc(x)
