"""load and show: a trained model, opened and told about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hounsfield.packages.opening import open_package
from hounsfield.packages.package import Package


def load(model: str | Path | Package) -> Package:
    """A trained model, everything in its folder checked. Raises Refused where something is not as declared."""
    return model if isinstance(model, Package) else open_package(Path(model))


def show(model: str | Path | Package) -> dict[str, Any]:
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
