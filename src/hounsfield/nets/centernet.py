"""CenterNet (Zhou, Wang, Krahenbuhl, "Objects as Points", 2019, figure 4 and section 5) in 2 or 3 dimensions.

Residual stages go down, transposed convolutions come back up to the stage of the cells, where three heads say for each
cell: is here the middle of an object of this class, how large is it, and where in the cell is its middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from hounsfield.nets.convnet import ResidualBlock

CONVOLUTION: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
UP_CONVOLUTION: dict[int, Any] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
PRIOR = -2.19  # logit of 0.1: few cells are the middle of something (section 5)


class CenterNet(nn.Module):
    """An encoder, a decoder up to the cells, and heads.

    channels: inputs.  classes: kinds of objects.  features, strides, kernels: of each stage, finest first; the first
    may stride.  blocks: residual blocks a stage.  level: the stage whose places are the cells.
    """

    def __init__(
        self,
        *,
        channels: int,
        classes: int,
        features: Sequence[int] = (16, 32, 64, 128),
        strides: Sequence[Sequence[int]] = ((2, 2),) * 4,
        kernels: Sequence[Sequence[int]] = ((3, 3),) * 4,
        blocks: int = 1,
        level: int = 1,
    ) -> None:
        super().__init__()
        dims = len(strides[0])
        self.level = level
        self.down = nn.ModuleList(
            _stage(channels if n == 0 else features[n - 1], width, kernel=kernels[n], stride=strides[n], blocks=blocks)
            for n, width in enumerate(features)
        )
        self.widen = nn.ModuleList(
            UP_CONVOLUTION[dims](features[n + 1], features[n], tuple(strides[n + 1]), stride=tuple(strides[n + 1]))
            for n in range(level, len(features) - 1)
        )
        self.up = nn.ModuleList(
            ResidualBlock(2 * features[n], features[n], kernel=kernels[n], stride=(1,) * dims)
            for n in range(level, len(features) - 1)
        )
        outputs = {"heatmap": classes, "size": dims, "offset": dims}
        priors = {"heatmap": PRIOR, "size": 0.0, "offset": 0.0}
        self.heads = nn.ModuleDict(
            {name: _head(features[level], n, kernels[level], prior=priors[name]) for name, n in outputs.items()}
        )

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """heatmap (B, classes, *cells) logits, size (B, d, *cells) logarithm of the sides, offset (B, d, *cells).

        Sides and offsets are in cells.
        image: (B, channels, *shape), each axis a multiple of the product of its strides.
        """
        seen = []
        x = image
        for stage in self.down:
            x = stage(x)
            seen.append(x)
        for n in reversed(range(len(self.up))):
            x = self.up[n](torch.cat([self.widen[n](x), seen[self.level + n]], dim=1))
        # bfloat16 would make neighbouring cells equal, and a peak has no equal
        with torch.autocast(x.device.type, enabled=False):
            return {name: head(x.float()) for name, head in self.heads.items()}


def _stage(
    channels_in: int, channels_out: int, *, kernel: Sequence[int], stride: Sequence[int], blocks: int
) -> nn.Sequential:
    first = ResidualBlock(channels_in, channels_out, kernel=kernel, stride=stride)
    same = (1,) * len(stride)
    rest = [ResidualBlock(channels_out, channels_out, kernel=kernel, stride=same) for _ in range(blocks - 1)]
    return nn.Sequential(first, *rest)


def _head(features: int, outputs: int, kernel: Sequence[int], *, prior: float) -> nn.Sequential:
    convolution, padding = CONVOLUTION[len(kernel)], tuple(k // 2 for k in kernel)
    last = convolution(features, outputs, 1)
    nn.init.constant_(last.bias, prior)
    return nn.Sequential(convolution(features, features, tuple(kernel), padding=padding), nn.ReLU(), last)
