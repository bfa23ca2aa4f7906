"""Points over their image: the truth a white cross, the answer a circle, the error the line between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from hounsfield.figures.colours import RGB, TRUTH, colour_of
from hounsfield.figures.panels import Panel, hung, panels_of
from hounsfield.figures.picture import Picture
from hounsfield.values import Grid, Image, Points

RADIUS = 6  # pixels
MOST_NAMED = 12  # more names than these would cover the picture
PRESENT = 0.5


def points_figure(image: Image, truth: Points | None, answer: Points, *, title: str) -> Picture:
    """The picture, or the planes of a volume through the worst point (the first, without a truth)."""
    grid = image.grid
    answered, true = _places(answer), {} if truth is None else _places(truth)
    errors = {name: float(np.linalg.norm(answered[name] - true[name])) for name in answered if name in true}
    worst = max(errors, key=errors.__getitem__) if errors else next(iter((*true, *answered)), None)
    at = _index_near(true.get(worst, answered.get(worst)) if worst else None, image)
    colours = {name: colour_of(number) for number, name in enumerate(answer.names)}
    panels = panels_of(image, at)
    for panel in panels:
        for name in (*answered, *(name for name in true if name not in answered)):
            crossed = _pixel(panel, grid, true[name]) if name in true else None
            circled = _pixel(panel, grid, answered[name]) if name in answered else None
            _draw(ImageDraw.Draw(panel.picture), crossed, circled, colours.get(name, TRUTH))
    said = "Circles are the answer" + (", white crosses the truth, lines the error" if true else "") + "."
    through = (
        f" The planes go through {worst}; points before or behind a plane are drawn on it."
        if worst and grid.ndim == 3
        else ""
    )
    unit = grid.unit
    far = f" The largest error is {errors[worst]:.1f} {unit}, at {worst}." if worst in errors else ""
    missed = [name for name in true if name not in answered]
    lost = f" Without an answer: {', '.join(missed)}." if missed else ""
    key = colours if len(colours) <= MOST_NAMED else {}
    return Picture(title, said + through + far + lost, png=hung([panel.lettered() for panel in panels], key))


def _places(points: Points) -> dict[str, NDArray[np.float64]]:
    """World coordinates of the points that are there, by name."""
    there = ~np.isnan(points.coordinates).any(axis=1) & ~(points.present < PRESENT)
    return {name: points.coordinates[n] for n, name in enumerate(points.names) if there[n]}


def _index_near(world: NDArray[np.float64] | None, image: Image) -> tuple[int, ...]:
    shape = np.array(image.grid.shape)
    index = (shape - 1) / 2 if world is None else image.grid.to_index(world)[0]
    return tuple(int(n) for n in np.clip(np.round(index), 0, shape - 1))


def _pixel(panel: Panel, grid: Grid, world: NDArray[np.float64]) -> tuple[float, float]:
    """(x, y) of a point; what lies before or behind the plane is drawn on it too."""
    x, y = panel.place(grid.to_index(world), grid.shape)[0].tolist()
    return x, y


def _draw(
    draw: ImageDraw.ImageDraw, true: tuple[float, float] | None, answered: tuple[float, float] | None, colour: RGB
) -> None:
    """One point: its error first, so that the marks lie over it."""
    if true and answered:
        draw.line((*true, *answered), TRUTH, 1)
    if true:
        x, y = true
        draw.line((x - RADIUS, y, x + RADIUS, y), TRUTH, 2)
        draw.line((x, y - RADIUS, x, y + RADIUS), TRUTH, 2)
    if answered:
        x, y = answered
        draw.ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), outline=colour, width=2)
