"""The default of detection: objects as points, each with a size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from hounsfield.inference.images import network_input
from hounsfield.inference.trained import Forward
from hounsfield.methods.centernet.answering import found_in
from hounsfield.methods.centernet.planning import plans
from hounsfield.methods.centernet.preparation import corners_on, prepared_case
from hounsfield.methods.centernet.sampling import draw_batch
from hounsfield.methods.centernet.sizes import refuse_misfit
from hounsfield.nets.centernet import CenterNet
from hounsfield.ops.boxes import clip, volume
from hounsfield.seam import read_card
from hounsfield.training.gradient import GradientMethod, TensorForward
from hounsfield.training.repeating import Arrays
from hounsfield.values import Boxes, Budget, Case, Facts, Findings, Limits, Plan

FOCUS, SPARING = 2, 4  # alpha and beta of equation 1


class CenterNetDetection(GradientMethod):
    """A heatmap of middles, sizes and offsets on windows; peaks are boxes, back on the native grid."""

    card = read_card("centernet")
    prepared_by = ("inputs", "channels", "classes", "spacing", "normalisation", "window")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """The plan of the rules, and one with a smaller batch where memory is short."""
        return plans(facts, budget, wishes)

    def network(self, plan: Plan) -> nn.Module:
        """A CenterNet with a heatmap a class."""
        refuse_misfit(plan)
        return CenterNet(
            channels=plan["channels"],
            classes=len(plan["classes"]),
            features=plan["features"],
            strides=plan["strides"],
            kernels=plan["kernels"],
            blocks=plan["blocks"],
            level=plan["level"],
        )

    def prepare(self, plan: Plan, case: Case) -> Arrays:
        """image (C, *shape), its boxes (N, 2, d) and their classes (N,)."""
        return prepared_case(plan, case)

    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> dict[str, Tensor]:
        """image (B, C, *patch), augmented, and what should be said of each cell."""
        return draw_batch(plan, prepared, seed, step)

    def losses(self, forward: TensorForward, batch: Mapping[str, Tensor], rng: np.random.Generator) -> Tensor:
        """Focal loss of the heatmap (equation 1), L1 of offsets and of the logarithms of sizes, for each object.

        The paper weighs the L1 of sizes in elements with 0.1; logarithms need no such weight, and small objects count
        like large ones.
        """
        said = {name: value.float() for name, value in forward({"image": batch["image"]}).items()}
        logits, target, middle = said["heatmap"], batch["heatmap"], batch["middle"]
        probability = logits.sigmoid()
        hit = (1 - probability) ** FOCUS * F.logsigmoid(logits) * (target == 1)
        spared = (1 - target) ** SPARING * probability**FOCUS * F.logsigmoid(-logits) * (target < 1)
        heatmap = -((hit + spared) * batch["known"]).flatten(1).sum(dim=1)
        apart = (said["size"] - batch["size"]).abs() + (said["offset"] - batch["offset"]).abs()
        placement = (apart * middle).flatten(1).sum(dim=1) / apart.shape[1]
        return (heatmap + placement) / middle.flatten(1).sum(dim=1).clamp_min(1)

    def evidence(self, plan: Plan, forward: Forward, case: Case, limits: Limits) -> Findings:
        """Boxes with raw scores on the native grid, best first."""
        image, grid, native = network_input(plan, case)
        corners, classes, scores = found_in(plan, forward, image)
        corners = clip(corners_on(corners, grid, native), native.shape)
        kept = np.flatnonzero(volume(corners) > 0)
        labels = tuple(plan["classes"][number] for number in classes[kept])
        return Findings(Boxes(corners[kept], native, labels, scores[kept]))


METHOD = CenterNetDetection()
