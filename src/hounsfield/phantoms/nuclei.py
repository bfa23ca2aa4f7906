"""Cell nuclei as shapes: where they lie, what they are, and their outlines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hounsfield.phantoms.recipe import Recipe

CLASSES = ("round", "long")
_TRIES = 25


@dataclass(frozen=True)
class Nucleus:
    """One nucleus.

    centre: (row, column).  axes: semi-axes, px, the long one first.  angle: of the long axis from the rows' axis.
    bumps: (2, 3) cosine and sine amplitudes of the outline's harmonics 2 to 4, as shares of the radius.
    chromatin: factor of its darkness.  blurred: out of focus, so that nobody would count it.
    """

    kind: str
    centre: tuple[float, float]
    axes: tuple[float, float]
    angle: float
    bumps: NDArray[np.float64]
    chromatin: float
    blurred: bool = False

    def window(self, shape: tuple[int, ...], margin: float) -> tuple[slice, slice]:
        """The part of an image of this shape that the nucleus can reach."""
        reach = 1.3 * self.axes[0] + margin
        low = [max(0, int(np.floor(c - reach))) for c in self.centre]
        high = [min(n, int(np.ceil(c + reach)) + 1) for c, n in zip(self.centre, shape, strict=True)]
        return slice(low[0], high[0]), slice(low[1], high[1])

    def distance(self, window: tuple[slice, slice]) -> NDArray[np.float64]:
        """Signed distance from the outline over a window, px, negative inside."""
        row = np.arange(window[0].start, window[0].stop)[:, None] - self.centre[0]
        column = np.arange(window[1].start, window[1].stop)[None] - self.centre[1]
        along = (row * np.cos(self.angle) + column * np.sin(self.angle)) / self.axes[0]
        across = (column * np.cos(self.angle) - row * np.sin(self.angle)) / self.axes[1]
        turns = np.arctan2(across, along)[..., None] * np.arange(2, 5)
        outline = 1 + np.cos(turns) @ self.bumps[0] + np.sin(turns) @ self.bumps[1]
        k = np.hypot(along, across) / outline
        slope = np.hypot(along / self.axes[0], across / self.axes[1]) / outline
        distance: NDArray[np.float64] = k * (k - 1) / (slope + 1e-6)
        return distance


@dataclass(frozen=True)
class Layout:
    """The nuclei of an image, and which is seen where.

    areas: pixels of each before another covered some of them.
    instances: (rows, columns) int32, n + 1 where nucleus n is the uppermost, 0 where there is none.
    """

    nuclei: tuple[Nucleus, ...]
    areas: tuple[int, ...]
    instances: NDArray[np.int32]

    @property
    def counted(self) -> tuple[tuple[int, Nucleus], ...]:
        """Number in `instances` and nucleus, for those in focus."""
        return tuple((n, nucleus) for n, nucleus in enumerate(self.nuclei, start=1) if not nucleus.blurred)


def draw_layout(recipe: Recipe) -> Layout:
    """The nuclei of a case: none in an eighth of the images, else about 15 on 128 x 128 px, in loose clusters.

    How many of a patient's nuclei are long, and the direction they run in, is the patient's own. At difficulty 0 none
    touch; above, neighbours overlap by up to a third.
    """
    shape = tuple(recipe.settings["shape"])
    patient, rng = recipe.patient_stream("tissue"), recipe.stream("nuclei")
    long_share = patient.uniform(0.5, 0.9) if patient.uniform() < 0.5 else patient.uniform(0.0, 0.2)
    direction = patient.uniform(0, np.pi)
    empty = rng.uniform() < 0.12
    density = shape[0] * shape[1] / 128**2
    wanted = max(1, int(rng.poisson(rng.uniform(9, 20) * density)))
    blurred = int(rng.poisson(0.8 * min(density, 2)))
    layout = Layout((), (), np.zeros(shape, np.int32))
    if empty:
        return layout
    for n in range(wanted + blurred):
        out_of_focus = n >= wanted
        kind = CLASSES[int(rng.uniform() < long_share)]
        for _ in range(_TRIES):
            nucleus = _draw_nucleus(rng, kind, layout, direction, out_of_focus)
            allowed = 0.0 if out_of_focus else recipe.knob(0, 0.35)
            grown = _placed(layout, nucleus, overlap=allowed, gap=recipe.knob(3, 0))
            if grown is not None:
                layout = grown
                break
    return layout


def _draw_nucleus(rng: np.random.Generator, kind: str, layout: Layout, direction: float, blurred: bool) -> Nucleus:
    rows, columns = layout.instances.shape
    if kind == "round":
        radius, ratio = rng.uniform(5, 8), rng.uniform(0.82, 1)
        axes, angle = (radius, radius * ratio), rng.uniform(0, np.pi)
    else:
        axes, angle = (rng.uniform(10, 15), rng.uniform(2.6, 4.0)), direction + rng.normal(0, 0.35)
    centre = rng.uniform((0, 0), (rows - 1, columns - 1))
    if layout.nuclei and rng.uniform() < 0.55:
        # Beside one that lies there already: nuclei come in clusters and touch.
        near = layout.nuclei[int(rng.integers(len(layout.nuclei)))]
        way, apart = rng.uniform(0, 2 * np.pi), rng.uniform(8, 18)
        centre = np.clip(
            np.array(near.centre) + apart * np.array((np.cos(way), np.sin(way))), 0, (rows - 1, columns - 1)
        )
    bumps = rng.normal(0, 0.03, (2, 3)) * ((1, 0.8, 0.6) if kind == "round" else (0.2, 0.8, 0.6))
    return Nucleus(kind, (float(centre[0]), float(centre[1])), axes, angle, bumps, rng.uniform(0.85, 1.15), blurred)


def _placed(layout: Layout, nucleus: Nucleus, *, overlap: float, gap: float) -> Layout | None:
    """The layout with one more nucleus on top; None where it would hide, or be in touch with, too much.

    overlap: share of either nucleus that may be hidden, counting what is hidden already.  gap: px to keep at overlap 0.
    """
    window = nucleus.window(layout.instances.shape, gap)
    distance, below = nucleus.distance(window), layout.instances[window]
    mine = distance < 0
    area = int(np.count_nonzero(mine))
    if area < 12 or (overlap == 0 and np.any(below[distance < gap])):
        return None
    hit, hidden = np.unique(below[mine & (below > 0)], return_counts=True)
    if hidden.sum() > overlap * area:
        return None
    for other, covered in zip(hit, hidden, strict=True):
        left = np.count_nonzero(layout.instances == other) - covered
        if left < (1 - overlap) * layout.areas[other - 1]:
            return None
    instances = layout.instances.copy()
    instances[window][mine] = len(layout.nuclei) + 1
    return Layout((*layout.nuclei, nucleus), (*layout.areas, area), instances)
