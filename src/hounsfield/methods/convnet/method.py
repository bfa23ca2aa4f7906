"""The default of diagnosis from images: a small residual network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from hounsfield.inference.classes import diagnosis_from_scores
from hounsfield.inference.trained import Forward
from hounsfield.methods.convnet.planning import plans
from hounsfield.methods.convnet.preparation import prepared_case, sized_image
from hounsfield.methods.convnet.sampling import draw_batch, truths_of
from hounsfield.nets.convnet import ConvNet
from hounsfield.seam import read_card
from hounsfield.training.gradient import GradientMethod, TensorForward
from hounsfield.training.iterative import Arrays
from hounsfield.values import Budget, Case, Facts, Findings, Limits, Plan, refuse

RAREST = 1e-6  # prevalence that a class has at least: no class is ruled out beforehand


class ConvNetDiagnosis(GradientMethod):
    """Cross-entropy on balanced batches; answers brought back to the expected prevalence."""

    card = read_card("convnet")
    prepared_by = ("inputs", "channels", "classes", "spacing", "normalisation", "window", "size")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """The plan of the rules, and one with a smaller batch where memory is short."""
        return plans(facts, budget, wishes)

    def network(self, plan: Plan) -> nn.Module:
        """A residual network with an output a class."""
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
        """Cross-entropy; of classes that stand each for itself, the mean over those that are known."""
        logits, truth = forward({"image": batch["image"]})["out"], batch["truth"]
        known = torch.isfinite(truth)
        target = torch.where(known, truth, 0.0)
        together = -(target * logits.log_softmax(dim=1)).sum(dim=1)
        apart = F.binary_cross_entropy_with_logits(logits, target, reduction="none") * known
        return torch.where(batch["is_exclusive"], together, apart.sum(dim=1) / known.sum(dim=1).clamp_min(1))

    def evidence(self, plan: Plan, forward: Forward, case: Case, limits: Limits) -> Findings:
        """The probability of each class."""
        scores = forward({"image": sized_image(plan, case)[None]})["out"][0]
        return Findings(diagnosis_from_scores(plan, scores + log_prevalence(plan)))


def log_prevalence(plan: Plan) -> NDArray[np.float64]:
    """What to add to scores learnt from equally frequent classes (K,): equation 4 of Saerens et al. 2002, as a sum."""
    prevalence, classes = plan["prevalence"], plan["classes"]
    if not prevalence:
        return np.zeros(len(classes))
    if len(prevalence) != len(classes):
        what = f"has {len(prevalence)} numbers for the {len(classes)} classes {', '.join(classes)}"
        raise refuse("prevalence", what, "Give one number a class.")
    expected: NDArray[np.float64] = np.log(np.maximum(prevalence, RAREST))
    return expected


METHOD = ConvNetDiagnosis()
