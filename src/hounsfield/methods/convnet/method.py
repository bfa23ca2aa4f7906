"""The default of diagnosis from images: a small residual network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn

from hounsfield.inference.classes import diagnosis_from_scores, log_prevalence
from hounsfield.inference.trained import Forward
from hounsfield.methods.convnet.planning import check, plans
from hounsfield.methods.convnet.preparation import prepared_case, sized_image
from hounsfield.methods.convnet.sampling import draw_batch
from hounsfield.nets.convnet import ConvNet
from hounsfield.ops.losses import class_losses
from hounsfield.seam import read_card
from hounsfield.training.by_class import truths_of
from hounsfield.training.gradient import GradientMethod, TensorForward
from hounsfield.training.repeating import Arrays
from hounsfield.values import Budget, Case, Facts, Findings, Limits, Plan


class ConvNetDiagnosis(GradientMethod):
    """Cross-entropy on balanced batches; answers brought back to the expected prevalence."""

    card = read_card("convnet")
    prepared_by = ("inputs", "channels", "classes", "spacing", "normalisation", "window", "size")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """The plan of the rules, and one with a smaller batch where memory is short."""
        return plans(facts, budget, wishes)

    def network(self, plan: Plan) -> nn.Module:
        """A residual network with an output a class."""
        check(plan)
        return ConvNet(
            channels=plan["channels"],
            classes=len(plan["classes"]),
            features=plan["features"],
            strides=plan["strides"],
            kernels=plan["kernels"],
            blocks=plan["blocks"],
        )

    def prepare(self, plan: Plan, case: Case) -> Arrays:
        """image (C, *size) and truth (K,)."""
        return prepared_case(plan, case)

    def refresh(
        self, plan: Plan, live: Any, prepared: Sequence[Arrays], memory: Arrays, rng: np.random.Generator
    ) -> Arrays:
        """The truths of all cases (N, K), gathered once: batches are drawn by class."""
        return {"truths": truths_of(prepared)}

    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> dict[str, Tensor]:
        """image (B, C, *size), truth (B, K), is_exclusive (B,)."""
        truths = memory["truths"] if "truths" in memory else truths_of(prepared)
        return draw_batch(plan, prepared, truths, seed, step)

    def losses(self, forward: TensorForward, batch: Mapping[str, Tensor], rng: np.random.Generator) -> Tensor:
        """Cross-entropy over the known classes."""
        return class_losses(forward({"image": batch["image"]})["out"], batch["truth"], batch["is_exclusive"])

    def evidence(self, plan: Plan, forward: Forward, case: Case, limits: Limits) -> Findings:
        """The probability of each class."""
        scores = forward({"image": sized_image(plan, case)[None]})["out"][0]
        return Findings(diagnosis_from_scores(plan, scores + log_prevalence(plan)))


METHOD = ConvNetDiagnosis()
