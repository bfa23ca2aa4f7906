"""U-Net (Ronneberger, Fischer, Brox 2015, figure 1; Cicek et al. 2016 in 3D), with nnU-Net's blocks (Isensee 2021).

Going down, each level halves the axes it is told to and doubles the features; going up, each level joins what the
same level saw on the way down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

CONVOLUTION: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
UP_CONVOLUTION: dict[int, Any] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
NORM: dict[int, Any] = {2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}


class Block(nn.Sequential):
    """Two times convolution, instance normalisation, leaky ReLU; the first convolution may stride."""

    def __init__(self, dims: int, channels_in: int, channels_out: int, *, kernel: Sequence[int], stride: Sequence[int]):
        padding = [k // 2 for k in kernel]
        layers: list[nn.Module] = []
        for number in range(2):
            step = tuple(stride) if number == 0 else 1
            convolution = CONVOLUTION[dims](
                channels_in if number == 0 else channels_out,
                channels_out,
                tuple(kernel),
                stride=step,
                padding=tuple(padding),
                bias=False,
            )
            layers += [convolution, NORM[dims](channels_out, affine=True), nn.LeakyReLU(0.01, inplace=True)]
        super().__init__(*layers)


class UNet(nn.Module):
    """A U-Net in 2 or 3 dimensions.

    channels: inputs.  classes: outputs.  features: of each level, finest first.  strides: of each level against the
    one above it, one number an axis; the first is all ones.  kernels: of each level, one number an axis.
    supervised: how many levels below the finest give an output of their own while training (deep supervision).
    """

    def __init__(
        self,
        *,
        channels: int,
        classes: int,
        features: Sequence[int] = (32, 64, 128, 256),
        strides: Sequence[Sequence[int]] = ((1, 1, 1), (2, 2, 2), (2, 2, 2), (2, 2, 2)),
        kernels: Sequence[Sequence[int]] = ((3, 3, 3),) * 4,
        supervised: int = 0,
    ) -> None:
        super().__init__()
        dims, levels = len(strides[0]), len(features)
        self.supervised = supervised
        self.down = nn.ModuleList(
            Block(dims, channels if n == 0 else features[n - 1], features[n], kernel=kernels[n], stride=strides[n])
            for n in range(levels)
        )
        self.widen = nn.ModuleList(
            UP_CONVOLUTION[dims](features[n + 1], features[n], tuple(strides[n + 1]), stride=tuple(strides[n + 1]))
            for n in range(levels - 1)
        )
        self.up = nn.ModuleList(
            Block(dims, 2 * features[n], features[n], kernel=kernels[n], stride=(1,) * dims) for n in range(levels - 1)
        )
        self.heads = nn.ModuleList(CONVOLUTION[dims](features[n], classes, 1) for n in range(1 + supervised))

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Logits: "out" (B, classes, *shape); while training also "out1", "out2" ... of the supervised levels.

        image: (B, channels, *shape), each axis a multiple of the product of its strides.
        """
        seen = []
        x = image
        for block in self.down:
            x = block(x)
            seen.append(x)
        outputs = {}
        for level in reversed(range(len(self.up))):
            x = self.up[level](torch.cat([self.widen[level](x), seen[level]], dim=1))  # (B, features, *level's shape)
            if level == 0:
                outputs["out"] = self.heads[0](x)
            elif self.training and level <= self.supervised:
                outputs[f"out{level}"] = self.heads[level](x)
        return outputs
