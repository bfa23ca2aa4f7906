"""A small residual network (He, Zhang, Ren, Sun, CVPR 2016, figure 3 right and section 4.2) in 2 or 3 dimensions.

Group normalisation (Wu and He, ECCV 2018) stands for batch normalisation, so that a sample's answer depends on no other
sample and batches may be small.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

CONVOLUTION = {2: nn.Conv2d, 3: nn.Conv3d}
GROUPS = 8


class ResidualBlock(nn.Module):
    """y = relu(x + f(x)), f two convolutions (equation 1); where the shape changes, x is projected (equation 2)."""

    def __init__(self, channels_in: int, channels_out: int, *, kernel: Sequence[int], stride: Sequence[int]) -> None:
        super().__init__()
        convolution: Any = CONVOLUTION[len(kernel)]
        size, step, padding = tuple(kernel), tuple(stride), tuple(k // 2 for k in kernel)
        self.first = convolution(channels_in, channels_out, size, stride=step, padding=padding, bias=False)
        self.second = convolution(channels_out, channels_out, size, padding=padding, bias=False)
        self.norms = nn.ModuleList(nn.GroupNorm(gcd(GROUPS, channels_out), channels_out) for _ in range(2))
        keeps_shape = channels_in == channels_out and max(stride) == 1
        self.project = nn.Identity() if keeps_shape else convolution(channels_in, channels_out, 1, stride=step)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels_in, *shape) -> (B, channels_out, *shape / stride)."""
        y = F.relu(self.norms[0](self.first(x)))
        y = self.norms[1](self.second(y))
        return F.relu(y + self.project(x))


class ConvNet(nn.Module):
    """Stages of residual blocks, the mean over all places, one linear layer: images of any size.

    channels: inputs.  classes: outputs.  features: of each stage.  strides, kernels: of each stage, one number an axis.
    blocks: residual blocks a stage.
    """

    def __init__(
        self,
        *,
        channels: int,
        classes: int,
        features: Sequence[int] = (16, 32, 64),
        strides: Sequence[Sequence[int]] = ((1, 1), (2, 2), (2, 2)),
        kernels: Sequence[Sequence[int]] = ((3, 3),) * 3,
        blocks: int = 2,
    ) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for number, width in enumerate(features):
            for block in range(blocks):
                enters = channels if number == 0 else features[number - 1]
                stride = strides[number] if block == 0 else [1] * len(strides[number])
                stages.append(
                    ResidualBlock(enters if block == 0 else width, width, kernel=kernels[number], stride=stride)
                )
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(features[-1], classes)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (B, classes) of images (B, channels, *shape)."""
        logits: Tensor = self.head(self.stages(image).flatten(2).mean(dim=2))
        return logits
