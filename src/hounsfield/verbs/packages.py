"""load and show: a trained model, opened and told about."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from hounsfield.packages.opening import open_package
from hounsfield.packages.package import Package


class HoldsPackage(Protocol):
    """What has an opened package, as `hounsfield.load` gives it."""

    @property
    def package(self) -> Package:
        """The package."""


Openable = str | Path | Package | HoldsPackage


def load(model: Openable) -> Package:
    """A trained model, everything in its folder checked. Raises Refused where something is not as declared."""
    if isinstance(model, (str, Path)):
        return open_package(Path(model))
    return model if isinstance(model, Package) else model.package


def show(model: Openable) -> dict[str, Any]:
    """What a model is: method, task, labels, scores, where it came from; plain JSON."""
    package = load(model)
    return {
        "folder": str(package.folder),
        "digest": package.digest,
        "method": package.plan.method,
        "task": package.plan.task,
        "roles": package.index["roles"],
        "labels": package.index["labels"],
        "cases": {"training": len(package.seen.training), "validation": len(package.seen.validation)},
        "scores": package.scores.to_json() if package.scores else None,
        "plan": package.plan.to_json(),
        "measured": dict(package.measured),
        "calibration": "unknown",
    }
