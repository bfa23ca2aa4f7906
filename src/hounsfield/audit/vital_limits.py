"""Between which limits a measurement of a living person lies.

Source, where no other is named: H. Harutyunyan et al., "Multitask learning and benchmarking with clinical time series
data", Scientific Data 6:96, 2019, the table variable_ranges of its code: limits beyond which a value is an error. A
lower limit of 0 is 1 here, and a little above 0 where values are smaller: nobody lives at 0.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Limits(NamedTuple):
    """The least and the most that can be, in a unit."""

    least: float
    most: float
    unit: str


_TABLE: dict[tuple[str, ...], Limits] = {
    ("age",): Limits(0, 123, "years"),  # J. Calment, the oldest on record, lived 122
    ("height",): Limits(20, 275, "cm"),
    ("weight",): Limits(0.2, 650, "kg"),  # 635 is the most on record
    ("temp", "temperature", "bodytemperature"): Limits(14.2, 47, "°C"),
    ("hr", "heartrate", "pulse", "pulserate", "thalach"): Limits(1, 390, "/min"),
    ("rr", "resprate", "respiratoryrate"): Limits(1, 330, "/min"),
    ("sysabp", "nisysabp", "sbp", "systolicbloodpressure", "trestbps"): Limits(1, 375, "mmHg"),
    ("diasabp", "nidiasabp", "dbp", "diastolicbloodpressure"): Limits(1, 375, "mmHg"),
    ("map", "nimap", "mbp", "meanbloodpressure", "meanarterialpressure"): Limits(1, 375, "mmHg"),
    ("ph", "arterialph"): Limits(6.3, 10, ""),
    ("pao2", "po2"): Limits(1, 770, "mmHg"),
    ("paco2", "pco2"): Limits(1, 220, "mmHg"),
    ("sao2", "spo2", "oxygensaturation"): Limits(1, 100, "%"),  # more than all can not be
    ("fio2",): Limits(0.2, 1.1, ""),
    ("gcs", "glasgowcomascale"): Limits(3, 15, ""),
    ("glucose", "bloodglucose"): Limits(1, 2200, "mg/dl"),
    ("sodium",): Limits(1, 250, "mmol/l"),
    ("potassium",): Limits(0.1, 15, "mmol/l"),
    ("hct", "hematocrit", "haematocrit"): Limits(1, 100, "%"),
    ("hemoglobin", "haemoglobin"): Limits(0.1, 30, "g/dl"),
}

LIMITS = {name: limits for names, limits in _TABLE.items() for name in names}


def limits_of(name: str) -> Limits | None:
    """The limits of a measurement by its name; None where none are known."""
    return LIMITS.get(re.sub(r"[^a-z0-9]", "", name.lower()))
