"""VGG-16 (Simonyan & Zisserman 2014, column D) as it is usually written by hand in PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

COLUMN_D = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


class HandWrittenVGG16(nn.Module):
    def __init__(self, size: int = 224, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in COLUMN_D:
            if isinstance(width, str):
                layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            else:
                layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]
                channels = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(512 * (size // 32) ** 2, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))  # type: ignore[no-any-return]


def take_weights(module: nn.Module, source: nn.Module) -> None:
    """The source's weights, in the order in which the layers stand."""
    values = list(source.state_dict().values())
    names = list(module.state_dict())
    module.load_state_dict(dict(zip(names, values, strict=True)))
