"""load: a trained model as people use it in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hounsfield.packages.package import Package
from hounsfield.planning.device import devices
from hounsfield.seam import Trained
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Case, Dataset, Findings, Limits, Setting
from hounsfield.verbs.packages import Openable, show
from hounsfield.verbs.packages import load as open_checked
from hounsfield.verbs.predict import Predicted, predict


@dataclass(frozen=True)
class Model:
    """An opened package that answers."""

    package: Package

    def predict(
        self,
        data: str | Path | Dataset | Sequence[str | Path],
        *,
        out: str | Path,
        inputs: Mapping[str, str | Path] | None = None,
        probabilities: str | None = None,
        watch: Watcher = nobody,
        **opening: Any,
    ) -> Predicted:
        """Answer every case of files and folders into a folder, as the verb does."""
        asked: dict[str, Any] = {"inputs": inputs, "probabilities": probabilities, "watch": watch}
        return predict(self.package, data, out=out, **asked, **opening)

    def answer(self, case: Case) -> Findings:
        """The findings of one case, in memory; nothing is written."""
        return self._trained.answer(case, Limits())

    @cached_property
    def _trained(self) -> Trained:
        return self.package.open(Setting(devices()[0]))

    def show(self) -> dict[str, Any]:
        """What the model is, as plain JSON."""
        return show(self.package)

    def __repr__(self) -> str:
        return f"Model({self.package!r})"


def load(model: Openable) -> Model:
    """A trained model, everything in its folder checked. Raises Refused where something is not as declared."""
    return Model(open_checked(model))
