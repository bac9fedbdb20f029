import torch
from torch import nn

generator = nn.Sequential(
    nn.ConvTranspose2d(100, 64, 4, 1, 0, bias=False),
    nn.BatchNorm2d(64),
    nn.ReLU(True),
    nn.ConvTranspose2d(64, 32, 4, 2, 1, bias=False),
    nn.GroupNorm(4, 32),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Upsample(scale_factor=2),
    nn.ZeroPad2d((1, 0, 2, 1)),
    nn.Conv2d(32, 16, (3, 5), stride=(2, 1), padding=(1, 0), dilation=1, groups=4),
    nn.PReLU(16),
    nn.InstanceNorm2d(16, affine=True),
    nn.MaxPool2d(3, 2, padding=1, ceil_mode=True),
    nn.AvgPool2d(2, padding=1, count_include_pad=False),
    nn.LocalResponseNorm(5),
    nn.AdaptiveMaxPool2d((2, 3)),
    nn.Tanh())
z = torch.randn(1, 100, 1, 1)
print(generator(z).shape)
