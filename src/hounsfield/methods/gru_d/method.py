"""The default of diagnosis from many series: GRU-D, and one layer for what does not change over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hounsfield.inference.classes import diagnosis_from_scores, log_prevalence, truth_row
from hounsfield.inference.trained import Forward
from hounsfield.methods.gru_d.planning import bins_of, check, plans
from hounsfield.methods.gru_d.records import knows_nothing, series_of, static_of, static_size
from hounsfield.nets.gru_d import GRUD
from hounsfield.ops.losses import class_losses
from hounsfield.ops.series import intervals
from hounsfield.planning.classes import EXCLUSIVE
from hounsfield.seam import read_card
from hounsfield.training.by_class import drawn, truths_of
from hounsfield.training.gradient import GradientMethod, TensorForward
from hounsfield.training.randomness import generator
from hounsfield.training.repeating import Arrays
from hounsfield.values import Budget, Case, Facts, Findings, Limits, Plan

NOTHING_KNOWN = "nothing that the model looks at is known of this case: the answer is a guess from the training cases"


class RecurrentDiagnosis(GradientMethod):
    """Cross-entropy on balanced batches; answers brought back to the expected prevalence."""

    card = read_card("gru_d")
    prepared_by = (
        "classes", "inputs", "channels", "channel_range", "numbers", "number_range", "categories", "category_words",
        "hours", "step_hours",
    )  # fmt: skip

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """The plan of the rules; it is small, so there is no smaller one."""
        return plans(facts, budget, wishes)

    def network(self, plan: Plan) -> nn.Module:
        """A recurrent network with an output a class. Inputs are standardised, so channels decay to 0."""
        check(plan)
        return GRUD(
            means=[0.0] * len(plan["channels"]),
            static=static_size(plan),
            classes=len(plan["classes"]),
            hidden=plan["hidden"],
            dropout=plan["dropout"],
        )

    def prepare(self, plan: Plan, case: Case) -> Arrays:
        """values (T, C) with NaN where not measured, static (S,), truth (K,)."""
        values, _ = series_of(plan, case, bins_of(plan))
        return {"values": values, "static": static_of(plan, case), "truth": truth_row(case, plan["classes"])}

    def refresh(
        self, plan: Plan, live: Any, prepared: Sequence[Arrays], memory: Arrays, rng: np.random.Generator
    ) -> Arrays:
        """The truths of all cases (N, K), gathered once: batches are drawn by class."""
        return {"truths": truths_of(prepared)}

    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> dict[str, Tensor]:
        """The network's inputs, truth (B, K) and is_exclusive (B,)."""
        truths = memory["truths"] if "truths" in memory else truths_of(prepared)
        rng = generator(seed, step, purpose="batch")
        chosen = drawn(truths, plan["batch"], balanced=plan["balanced"], rng=rng)
        values, static = (np.stack([prepared[case][name] for case in chosen]) for name in ("values", "static"))
        values[rng.random(values.shape) < plan["missed"]] = np.nan  # as if nobody had measured it
        arrays = {**network_inputs(values, static), "truth": truths[chosen]}
        arrays["is_exclusive"] = np.full(len(chosen), plan["kind"] in EXCLUSIVE)
        return {name: torch.from_numpy(array) for name, array in arrays.items()}

    def losses(self, forward: TensorForward, batch: Mapping[str, Tensor], rng: np.random.Generator) -> Tensor:
        """Cross-entropy over the known classes."""
        seen = {name: batch[name] for name in ("values", "mask", "delta", "static")}
        return class_losses(forward(seen)["out"], batch["truth"], batch["is_exclusive"])

    def evidence(self, plan: Plan, forward: Forward, case: Case, limits: Limits) -> Findings:
        """The probability of each class."""
        values, strangers = series_of(plan, case, bins_of(plan))
        static = static_of(plan, case)
        scores = forward(network_inputs(values[None], static[None]))["out"][0]
        alarms = [NOTHING_KNOWN] if knows_nothing(plan, values, static) else []
        if strangers:
            alarms.append(f"channels that the model does not know were not looked at: {', '.join(strangers)}")
        return Findings(diagnosis_from_scores(plan, scores + log_prevalence(plan)), alarms=tuple(alarms))


def network_inputs(values: NDArray[np.float32], static: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """values, mask, delta (B, T, C) and static (B, S); times are shares of the whole that is looked at."""
    mask = np.isfinite(values)
    delta = intervals(mask, step=1 / values.shape[1])
    return {"values": np.nan_to_num(values), "mask": mask.astype(np.float32), "delta": delta, "static": static}


METHOD = RecurrentDiagnosis()
