"""Patients' records: a few numbers and words, an irregular series of measurements, and an outcome that needs both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hounsfield.phantoms.recipe import Null, Recipe
from hounsfield.values import Case, Diagnosis, Series, Truth

CHANNELS = ("heart_rate", "temperature", "lactate")
OUTCOMES = ("no", "yes")
HOURS = 48.0
# Usual value, spread between patients, spread between measurements, change over the stay per unit of severity.
_LAWS = {
    "heart_rate": (82.0, 9.0, 4.0, 14.0),
    "temperature": (37.0, 0.3, 0.15, 0.6),
    "lactate": (1.4, 0.3, 0.2, 0.9),
}


@dataclass(frozen=True)
class Drivers:
    """What the outcome depends on: how the stay goes (severity, N(0, 1)), and the patient's table."""

    severity: float
    age: float
    sex: str
    creatinine: float

    @staticmethod
    def draw(rng: np.random.Generator) -> Drivers:
        """Drivers of a patient, all independent."""
        return Drivers(
            severity=rng.normal(),
            age=float(np.round(np.clip(rng.normal(62, 15), 18, 97))),
            sex="female" if rng.uniform() < 0.5 else "male",
            creatinine=float(np.round(rng.lognormal(0.0, 0.35), 2)),
        )

    @property
    def risk(self) -> float:
        """History and table in equal parts; positive for about half of the patients."""
        table = 0.85 * (self.age - 62) / 15 + 0.35 * (1 if self.sex == "male" else -1)
        return self.severity + table + 0.4 * float(np.log(self.creatinine)) / 0.35


def record(seed: int, number: int, *, difficulty: float = 0.5, null: Null = "none") -> Case:
    """A hospital stay of up to two days.

    inputs: "history", a Series in hours: heart rate and temperature together, lactate in rows of its own, sometimes at
    the same time; NaN where a channel was not measured; one stay in twelve has no measurement at all.
    covariates: age, sex, and creatinine (mg/dl), which one patient in five has not.  truths: "outcome", yes or no,
    which depends on the trend over the stay and on the covariates in equal parts.
    difficulty moves the noise of the measurements and the part of the outcome that nothing tells.
    null: "no_signal" keeps the outcome and cuts it off from everything given: the series has no trend, and the
    covariates are another patient's; "shuffled" takes the outcome of another patient.
    """
    recipe = Recipe("record", int(seed), int(number), float(difficulty), null)
    shown = Drivers.draw(recipe.stream("unrelated" if null == "no_signal" else "drivers"))
    missing = recipe.stream("missing_laboratory").uniform() < 0.2
    return Case(
        recipe.id,
        inputs={"history": recipe.lazy(Series, "history", _history)},
        truths={"outcome": Truth(recipe.lazy(Diagnosis, "outcome", _outcome), of="history")},
        covariates={"age": shown.age, "sex": shown.sex, "creatinine": None if missing else shown.creatinine},
        patient=recipe.patient,
        site=recipe.site,
    )


def _history(recipe: Recipe) -> Series:
    visits, habits, noise = (recipe.stream(name) for name in ("visits", "habits", "noise"))
    if visits.uniform() < 1 / 12:
        return Series(np.zeros(0), np.zeros((0, len(CHANNELS)), np.float32), CHANNELS, "h")
    vitals, laboratory = _times(visits, 3.0), _times(visits, 8.0)
    # Blood is often taken when somebody measures anyway: then two rows bear one time.
    together = visits.uniform(size=len(laboratory)) < 0.4
    if len(vitals):
        nearest = vitals[np.abs(vitals[None] - laboratory[:, None]).argmin(axis=1)]
        laboratory = np.where(together, nearest, laboratory)
    times = np.concatenate([vitals, laboratory])
    order = np.argsort(times, kind="stable")
    severity = 0.0 if recipe.null == "no_signal" else Drivers.draw(recipe.stream("drivers")).severity
    values = np.empty((len(times), len(CHANNELS)), np.float32)
    for c, (usual, between, within, change) in enumerate(_LAWS.values()):
        own, scatter = habits.normal(0, between), noise.normal(0, within * recipe.knob(0.3, 1.7), len(times))
        values[:, c] = usual + own + change * severity * (times / HOURS - 0.5) + scatter
    values[: len(vitals), 2] = np.nan
    values[len(vitals) :, :2] = np.nan
    forgotten = visits.uniform(size=len(vitals)) < 0.25
    values[: len(vitals), 1][forgotten] = np.nan
    return Series(times[order], np.round(values[order], 2), CHANNELS, "h")


def _times(rng: np.random.Generator, gap_hours: float) -> NDArray[np.float64]:
    """Times in [0, 48) h at random gaps, to the quarter of an hour."""
    times = np.cumsum(rng.exponential(gap_hours, int(4 * HOURS / gap_hours)))
    return np.floor(4 * times[times < HOURS]) / 4


def _outcome(recipe: Recipe) -> Diagnosis:
    told = recipe.of_truth
    chance = told.stream("outcome").normal(0, told.knob(0, 1.6))
    return Diagnosis.certain(OUTCOMES[int(Drivers.draw(told.stream("drivers")).risk + chance > 0)], OUTCOMES)
