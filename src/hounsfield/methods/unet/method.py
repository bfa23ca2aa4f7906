"""The default of segmentation: a U-Net whose every size is planned from the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from hounsfield.inference.images import network_input, on_native
from hounsfield.inference.tiling import tiled
from hounsfield.inference.trained import Forward
from hounsfield.methods.unet.patches import draw_batch
from hounsfield.methods.unet.planning import plans
from hounsfield.methods.unet.preparation import IGNORE, channel_names, label_names, prepared_case
from hounsfield.nets.unet import UNet
from hounsfield.ops.losses import dice_and_cross_entropy
from hounsfield.seam import read_card
from hounsfield.training.gradient import GradientMethod, TensorForward
from hounsfield.training.repeating import Arrays
from hounsfield.values import Budget, Case, Dense, Facts, Limits, Plan


class UNetSegmentation(GradientMethod):
    """Dice and cross-entropy on patches, foreground oversampled; windows blended, back on the native grid."""

    card = read_card("unet")
    prepared_by = ("inputs", "channels", "labels", "target", "spacing", "normalisation", "window")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """The plan of the rules, and one with a smaller patch where memory is short."""
        return plans(facts, budget, wishes)

    def network(self, plan: Plan) -> nn.Module:
        """A U-Net with a class for the background, each label, and the border where objects are told apart."""
        return UNet(
            channels=plan["channels"],
            classes=len(channel_names(plan)),
            features=plan["features"],
            strides=plan["strides"],
            kernels=plan["kernels"],
            supervised=plan["supervised"],
        )

    def prepare(self, plan: Plan, case: Case) -> Arrays:
        """image (C, *shape), target (*shape), and a sample of its labelled elements."""
        return prepared_case(plan, case)

    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> dict[str, Tensor]:
        """image (B, C, *patch) and target (B, *patch), augmented."""
        return draw_batch(plan, prepared, seed, step)

    def losses(self, forward: TensorForward, batch: Mapping[str, Tensor], rng: np.random.Generator) -> Tensor:
        """Dice and cross-entropy, half as much weight with each coarser level (Isensee et al. 2021)."""
        outputs = forward({"image": batch["image"]})
        total, weights = batch["image"].new_zeros(()), 0.0
        for name, logits in outputs.items():
            level = int(name.removeprefix("out") or 0)
            step = [n // m for n, m in zip(batch["target"].shape[1:], logits.shape[2:], strict=True)]
            target = batch["target"][(slice(None), *(slice(s // 2, None, s) for s in step))]
            total = total + 0.5**level * dice_and_cross_entropy(logits, target, ignore=IGNORE)
            weights += 0.5**level
        return total / weights

    def evidence(self, plan: Plan, forward: Forward, case: Case, limits: Limits) -> Dense:
        """Probabilities on the image's own grid."""
        image, grid, native = network_input(plan, case)

        def network(window: NDArray[np.float32]) -> NDArray[np.float32]:
            return forward({"image": window})["out"]

        multiple = tuple(int(m) for m in np.prod(plan["strides"], axis=0))
        probabilities = tiled(network, image, patch=tuple(plan["patch"]), multiple=multiple, overlap=plan["overlap"])
        return Dense.of(on_native(probabilities, grid, native), native, channel_names(plan), label_names(plan))


METHOD = UNetSegmentation()
