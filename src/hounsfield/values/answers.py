"""What can be said of a case: the answers of all tasks, and the truths they are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hounsfield.values.equality import ArrayValue
from hounsfield.values.grid import Grid
from hounsfield.values.image import Image, Words


@dataclass(frozen=True, eq=False)
class LabelMap(ArrayValue):
    """A class for each element of a grid.

    array: (*grid.shape) integers, 0 background.  labels: value -> name, without the background.
    instances: (*grid.shape) integers, 0 none, one number for each object, where objects are told apart.
    regions: overlapping structures as sets of values (name -> values), where there are any.
    ignore: the value that says "unknown here": no loss and no metric counts it.
    """

    array: NDArray[np.integer]
    grid: Grid
    labels: Mapping[int, str]
    instances: NDArray[np.integer] | None = None
    regions: Mapping[str, frozenset[int]] = field(default_factory=dict)
    ignore: int | None = None

    def __post_init__(self) -> None:
        for array in (self.array, self.instances):
            if array is not None and array.shape != self.grid.shape:
                raise ValueError(f"labels of shape {array.shape} do not lie on {self.grid}")

    def structures(self) -> dict[str, NDArray[np.bool_]]:
        """A mask for each named label and region; the unknown is in none of them."""
        masks = {name: self.array == value for value, name in self.labels.items()}
        for name, values in self.regions.items():
            masks[name] = np.isin(self.array, sorted(values))
        return masks

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where something is said."""
        return np.ones(self.grid.shape, bool) if self.ignore is None else self.array != self.ignore

    def __repr__(self) -> str:
        names = ", ".join(self.labels.values())
        objects = "" if self.instances is None else f", {len(np.unique(self.instances[self.instances > 0]))} objects"
        return f"LabelMap({names}{objects}, {self.grid})"


@dataclass(frozen=True, eq=False)
class Boxes(ArrayValue):
    """Axis-aligned boxes in index space.

    corners_index: (N, 2, d) float64, low and high; a box over the indices a..b inclusive is [a - 0.5, b + 0.5].
    labels: (N,) names.  scores: (N,) in [0, 1], 1 in a truth.  ignore: (N,) "something is here, but do not count it".
    """

    corners_index: NDArray[np.float64]
    grid: Grid
    labels: tuple[str, ...]
    scores: NDArray[np.float64] = None  # type: ignore[assignment]  # not given: all 1
    ignore: NDArray[np.bool_] = None  # type: ignore[assignment]  # not given: none

    def __post_init__(self) -> None:
        n = len(self.labels)
        corners = np.asarray(self.corners_index, dtype=np.float64).reshape(n, 2, self.grid.ndim)
        object.__setattr__(self, "corners_index", corners)
        object.__setattr__(self, "labels", tuple(self.labels))
        scores = np.ones(n) if self.scores is None else np.asarray(self.scores, np.float64).reshape(n)
        object.__setattr__(self, "scores", scores)
        ignore = np.zeros(n, bool) if self.ignore is None else np.asarray(self.ignore, bool).reshape(n)
        object.__setattr__(self, "ignore", ignore)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.labels.count(name)} {name}" for name in sorted(set(self.labels)))
        return f"Boxes({counts or 'none'}, {self.grid})"


@dataclass(frozen=True, eq=False)
class Points(ArrayValue):
    """Named points in the world.

    coordinates: (N, d) float64, world mm (px in a picture); NaN where absent.
    present: (N,) float64: 1 yes, 0 no, NaN unknown; a probability in an answer.
    """

    coordinates: NDArray[np.float64]
    names: tuple[str, ...]
    present: NDArray[np.float64] = None  # type: ignore[assignment]  # not given: all 1

    def __post_init__(self) -> None:
        n = len(self.names)
        coordinates = np.asarray(self.coordinates, dtype=np.float64)
        object.__setattr__(self, "coordinates", coordinates.reshape(n, coordinates.shape[-1] if n else 3))
        object.__setattr__(self, "names", tuple(self.names))
        present = np.ones(n) if self.present is None else np.asarray(self.present, np.float64).reshape(n)
        object.__setattr__(self, "present", present)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Points({', '.join(self.names) or 'none'})"


@dataclass(frozen=True, eq=False)
class Transform(ArrayValue):
    """T(x) = affine @ (x + u(x)), from the fixed world to the moving world, in mm.

    affine: (d+1, d+1).  displacement u: (d, *fixed_grid.shape) float32 along WORLD axes whatever the array's order,
    linear between the elements, 0 outside; None says that T is exactly affine.  Images and labels are pulled by T;
    points are pushed by its inverse.  inverse: (d, *moving_grid.shape) displacement v with T^-1(y) = z + v(z),
    z = affine^-1 @ y sampled at y, where it was computed.
    """

    fixed_grid: Grid
    moving_grid: Grid
    affine: NDArray[np.float64]
    displacement: NDArray[np.float32] | None = None
    inverse: NDArray[np.float32] | None = None

    def __repr__(self) -> str:
        kind = "affine" if self.displacement is None else "deformable"
        return f"Transform({kind}, {self.fixed_grid} -> {self.moving_grid})"


@dataclass(frozen=True)
class Diagnosis:
    """Classes with probabilities; in a truth 0 or 1, NaN where unknown.

    kind: "exclusive" (they sum to one), "multi" (each for itself) or "ordinal" (exclusive, in order).
    """

    probabilities: Mapping[str, float]
    kind: Literal["exclusive", "multi", "ordinal"] = "exclusive"

    @staticmethod
    def certain(name: str, classes: tuple[str, ...]) -> Diagnosis:
        """The truth "it is `name`" among exclusive classes."""
        return Diagnosis({c: float(c == name) for c in classes})

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in order."""
        return tuple(self.probabilities)

    @property
    def likeliest(self) -> str:
        """The class with the highest probability; the unknown never wins."""
        known = {name: p for name, p in self.probabilities.items() if p == p}
        return max(known, key=known.__getitem__) if known else "unknown"

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {p:.2f}" for name, p in self.probabilities.items())
        return f"Diagnosis({parts})"


@dataclass(frozen=True)
class Quantities:
    """Numbers with units, and intervals where they are known."""

    values: Mapping[str, float]
    units: Mapping[str, str] = field(default_factory=dict)
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Timeline(ArrayValue):
    """Something said at each time. times: (T,).  values: (T,) class names or (T, C) numbers."""

    times: NDArray[np.float64]
    labels: tuple[str, ...] = ()
    values: NDArray[np.float32] | None = None
    probabilities: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Code(ArrayValue):
    """A case in a few numbers. vector: (D,) float32."""

    vector: NDArray[np.float32]


Answer = LabelMap | Boxes | Points | Transform | Diagnosis | Quantities | Timeline | Code | Image | Words
