"""What a check of the data is: it measures each case, and judges all measurements together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from hounsfield.audit.opened import OpenedCase
from hounsfield.values import Dataset, Fault


class Check(Protocol):
    """One way in which data can be wrong; every case is looked at once, whatever the number of checks."""

    @property
    def name(self) -> str:
        """The word that its faults carry; also its file's name."""

    def measure(self, case: OpenedCase) -> Any | None:
        """A small plain measurement of one case; None where there is nothing to say of it.

        Raises Refused for what can not be read.
        """

    def judge(self, measured: Mapping[str, Any], dataset: Dataset) -> Iterable[Fault]:
        """The faults that the measurements (case id -> measurement) show together."""
