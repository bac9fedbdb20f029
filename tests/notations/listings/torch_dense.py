import torch
import torch.nn as nn
import torch.nn.functional as F


class Bottleneck(nn.Module):
    def __init__(self, in_planes, growth_rate):
        super(Bottleneck, self).__init__()
        self.bn1 = nn.BatchNorm2d(in_planes)
        self.conv1 = nn.Conv2d(in_planes, 4*growth_rate, kernel_size=1, bias=False)
        self.bn2 = nn.BatchNorm2d(4*growth_rate)
        self.conv2 = nn.Conv2d(4*growth_rate, growth_rate, kernel_size=3, padding=1, bias=False)

    def forward(self, x):
        out = self.conv1(F.relu(self.bn1(x)))
        out = self.conv2(F.relu(self.bn2(out)))
        out = torch.cat([out, x], 1)
        return out


class DenseNet(nn.Module):
    def __init__(self, block, nblocks, growth_rate=12, reduction=0.5, num_classes=10):
        super(DenseNet, self).__init__()
        num_planes = 2*growth_rate
        self.conv1 = nn.Conv2d(3, num_planes, kernel_size=3, padding=1, bias=False)
        self.stages = nn.Sequential()
        for i, n in enumerate(nblocks):
            for j in range(n):
                self.stages.add_module('dense%d_%d' % (i, j), block(num_planes, growth_rate))
                num_planes += growth_rate
            self.stages.add_module(f'pool{i}', nn.AvgPool2d(2))
        self.bn = nn.BatchNorm2d(num_planes)
        self.linear = nn.Linear(num_planes, num_classes)

    def forward(self, x):
        out = self.conv1(x)
        out = self.stages(out)
        out = F.avg_pool2d(F.relu(self.bn(out)), out.size(2))
        out = out.view(out.size(0), -1)
        return F.log_softmax(self.linear(out), dim=1)


net = DenseNet(Bottleneck, [2, 2, 1], growth_rate=8)
x = torch.randn(1, 3, 32, 32)
y = net(x)
