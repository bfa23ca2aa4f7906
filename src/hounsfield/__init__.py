"""hounsfield: from a folder of medical images to a model you can check and use.

>>> import hounsfield as hu
>>> hu.inspect("data")                                          # doctest: +SKIP
>>> package = hu.train("data", minutes=20, out="model")         # doctest: +SKIP
>>> hu.predict("model", "scan.nii.gz", out="out")               # doctest: +SKIP
>>> hu.evaluate("out", "data")                                  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hounsfield.values import Refused
    from hounsfield.verbs.apply import apply
    from hounsfield.verbs.compare import compare
    from hounsfield.verbs.data import open_dataset
    from hounsfield.verbs.evaluate import evaluate
    from hounsfield.verbs.inspect import inspect
    from hounsfield.verbs.model import load
    from hounsfield.verbs.packages import show
    from hounsfield.verbs.plan import plan
    from hounsfield.verbs.predict import predict
    from hounsfield.verbs.register import register
    from hounsfield.verbs.train import train

_FACE = {
    "Refused": "hounsfield.values",
    "open_dataset": "hounsfield.verbs.data",
    "inspect": "hounsfield.verbs.inspect",
    "plan": "hounsfield.verbs.plan",
    "train": "hounsfield.verbs.train",
    "predict": "hounsfield.verbs.predict",
    "evaluate": "hounsfield.verbs.evaluate",
    "compare": "hounsfield.verbs.compare",
    "register": "hounsfield.verbs.register",
    "apply": "hounsfield.verbs.apply",
    "load": "hounsfield.verbs.model",
    "show": "hounsfield.verbs.packages",
}

__all__ = [
    "Refused",
    "apply",
    "compare",
    "evaluate",
    "inspect",
    "load",
    "open_dataset",
    "plan",
    "predict",
    "register",
    "show",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"hounsfield has no {name!r}; it has {', '.join(sorted(_FACE))}")
    return getattr(import_module(_FACE[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_FACE])
