"""The default of landmarks: a network paints a heatmap for each point, whose peak is the answer.

Payer, Stern, Bischof, Urschler, Medical Image Analysis 54, 2019 (heatmap regression), on an image seen whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn

from hounsfield.inference.images import network_input
from hounsfield.inference.trained import Forward
from hounsfield.methods.heatmaps.peaks import points_in
from hounsfield.methods.heatmaps.planning import plans, refuse_misfit, total_stride
from hounsfield.methods.heatmaps.sampling import draw_batch, gaussian_volume, prepared_case, widths
from hounsfield.nets.unet import UNet
from hounsfield.seam import read_card
from hounsfield.training.gradient import GradientMethod, TensorForward
from hounsfield.training.repeating import Arrays
from hounsfield.values import Budget, Case, Facts, Findings, Limits, Plan, Points


class HeatmapLandmarks(GradientMethod):
    """A U-Net on the whole image, a channel for each point; cross-entropy against a Gaussian around it."""

    card = read_card("heatmaps")
    prepared_by = ("inputs", "channels", "points", "spacing", "normalisation", "window")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """The plan of the rules, and a coarser one where memory is short."""
        return plans(facts, budget, wishes)

    def network(self, plan: Plan) -> nn.Module:
        """A U-Net with a channel for each point. Raises Refused where the plan's sizes do not go together."""
        refuse_misfit(plan)
        network = UNet(
            channels=plan["channels"],
            classes=len(plan["points"]),
            features=plan["features"],
            strides=plan["strides"],
            kernels=plan["kernels"],
        )
        # at first a point is equally likely everywhere, so that no step is lost on learning how rare it is (Lin 2017)
        everywhere = math.log(gaussian_volume(plan) / math.prod(plan["size"]))
        for parameter in network.heads.parameters():
            if parameter.ndim == 1:
                nn.init.constant_(parameter, everywhere)
        return network

    def prepare(self, plan: Plan, case: Case) -> Arrays:
        """image (C, *shape), points (K, d) in its elements, and which of them are known."""
        return prepared_case(plan, case)

    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> dict[str, Tensor]:
        """image (B, C, *size), heatmap (B, K, *size) and weight (B, K), augmented."""
        return draw_batch(plan, prepared, seed, step)

    def losses(self, forward: TensorForward, batch: Mapping[str, Tensor], rng: np.random.Generator) -> Tensor:
        """Cross-entropy of each element of each heatmap, summed, the mean over the points that are known."""
        logits = forward({"image": batch["image"]})["out"]
        each = F.binary_cross_entropy_with_logits(logits, batch["heatmap"], reduction="none")
        return (each.flatten(2).sum(dim=2) * batch["weight"]).sum(dim=1)

    def evidence(self, plan: Plan, forward: Forward, case: Case, limits: Limits) -> Findings:
        """The peak of each heatmap in the world, and how likely the point is there."""
        image, grid, _ = network_input(plan, case)

        def network(window: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.asarray(expit(forward({"image": window[None]})["out"][0]))

        index, present = points_in(network, image, size=plan["size"], multiple=total_stride(plan), sigma=widths(plan))
        return Findings(Points(grid.to_world(index), tuple(plan["points"]), present))


METHOD = HeatmapLandmarks()
