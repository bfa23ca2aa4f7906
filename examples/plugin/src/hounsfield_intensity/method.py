"""A Gaussian classifier of single elements (Duda and Hart 1973, section 2.6), in closed form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.inference.images import truth_of
from hounsfield.inference.trained import TrainedMethod
from hounsfield.ops.intensity import zscore
from hounsfield.seam import Cases, RunContext, Trained, read_card
from hounsfield.values import Budget, Case, Dense, Facts, Image, LabelMap, Limits, Plan, Setting, State, refuse


def intensities(case: Case) -> tuple[NDArray[np.float32], Image]:
    """The case's only image, normalised, without its channel axis."""
    image = next((value.load() for value in case.inputs.values() if value.kind is Image), None)
    if image is None or image.channels != 1:
        raise refuse(case.id, "has no single-channel image", "This method looks at one channel.")
    return zscore(image.array()[0]), image


class IntensityMethod:
    """Mean, deviation and share of each class, from one pass over the training cases."""

    card = read_card("intensity")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """One plan: the labels of the training cases."""
        labels = wishes.get("labels", facts.words.get("labels", ()))
        return (Plan("intensity", "segmentation").decide("labels", labels, "the labels of the training cases"),)

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """Count, sum and sum of squares of each class, merged over the cases."""
        values = [0, *(int(word.partition("=")[0]) for word in plan["labels"])]
        sums = np.zeros((len(values), 3))
        for number, case in enumerate(cases.having(LabelMap).training):
            ctx.track.stage("counting", number, len(cases.training))
            (image, _), labels = intensities(case), truth_of(case)
            for row, value in enumerate(values):
                x = image[(labels.array == value) & labels.known].astype(np.float64)
                sums[row] += x.size, x.sum(), (x**2).sum()
        count, total, squares = sums.T
        mean = total / np.maximum(count, 1)
        variance = np.maximum(squares / np.maximum(count, 1) - mean**2, 1e-6)
        return State({"mean": mean, "deviation": np.sqrt(variance), "share": count / count.sum()})

    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """The Gaussians, ready to answer."""
        return TrainedIntensity(plan, state)


@dataclass
class TrainedIntensity(TrainedMethod):
    """Bayes' rule at each element."""

    plan: Plan
    state: State

    def evidence(self, case: Case, limits: Limits) -> Dense:
        """The posterior of each class, on the image's own grid."""
        x, image = intensities(case)
        mean, deviation, share = (self.state.arrays[name] for name in ("mean", "deviation", "share"))
        away = (x[..., None] - mean) / deviation
        likelihood = share * np.exp(-0.5 * np.minimum(away**2, 80)) / deviation
        posterior = np.moveaxis(likelihood / likelihood.sum(-1, keepdims=True), -1, 0).astype(np.float32)
        names = {int(v): name for v, _, name in (word.partition("=") for word in self.plan["labels"])}
        return Dense.of(posterior, image.grid, ("background", *names.values()), names)


METHOD = IntensityMethod()
