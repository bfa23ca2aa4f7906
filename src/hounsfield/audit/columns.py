"""The numbers of all cases by what was measured: covariates, and the channels of series."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.opened import OpenedCase
from hounsfield.values import Series

Column = tuple[str, str]
"""The role of the series and the channel; the role of a covariate is ""."""


def numbers_of(case: OpenedCase) -> Iterator[tuple[Column, NDArray[np.float64]]]:
    """Each column with its known numbers (n >= 1) in a case."""
    for name, value in case.case.covariates.items():
        if isinstance(value, (int, float)) and np.isfinite(value):
            yield ("", name), np.array([value], np.float64)
    for role, series in case.inputs(Series).items():
        for channel, values in zip(series.channels, series.values.T, strict=True):
            known = values[np.isfinite(values)]
            if known.size:
                yield (role, channel), known.astype(np.float64)
