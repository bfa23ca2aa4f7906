"""A diagnosis as bars, a class each, the true one marked; beside it what was looked at."""

from __future__ import annotations

from hounsfield.figures.colours import BLUE, GREEN, css
from hounsfield.figures.drawing import CLOSED, line, opened, shortened, text
from hounsfield.figures.panels import hung, panels_of
from hounsfield.figures.picture import Picture
from hounsfield.values import Diagnosis, Image

WIDTH, ROW, LEFT, RIGHT = 420, 28, 132, 340
MOST_CLASSES = 12
TRUE, OTHER = css(GREEN), css(BLUE)


def diagnosis_figure(answer: Diagnosis, truth: Diagnosis | None, *, image: Image | None = None, title: str) -> Picture:
    """The probability of each class (the likeliest twelve of more), with the true ones marked.

    image: what was looked at, if it can be shown.
    """
    true = {name for name, p in truth.probabilities.items() if p >= 0.5} if truth else set()
    known = truth is not None and any(p == p for p in truth.probabilities.values())
    order = list(answer.classes)
    if len(order) > MOST_CLASSES:
        ranked = sorted(order, key=lambda name: (name not in true, -_number(answer.probabilities[name])))
        order = [name for name in order if name in ranked[:MOST_CLASSES]]
    bars = _bars({name: _number(answer.probabilities[name]) for name in order}, true, title)
    said = f"{answer.likeliest} is the likeliest." if answer.kind != "multi" else "Each class stands for itself."
    told = f" In truth it is {', '.join(sorted(true)) or 'none of them'}." if known else " The truth is unknown."
    return Picture(title, said + told, png=_thumbnail(image) if image is not None else None, svg=bars)


def _number(probability: float) -> float:
    return probability if probability == probability else 0.0


def _bars(probabilities: dict[str, float], true: set[str], title: str) -> str:
    height = ROW * len(probabilities) + 8
    said = ", ".join(f"{name} {p:.2f}" for name, p in probabilities.items())
    parts = [opened(WIDTH, height, f"{title}: {said}")]
    for row, (name, p) in enumerate(probabilities.items()):
        y = 4 + ROW * row
        colour = TRUE if name in true else OTHER
        parts.append(text(LEFT - 10, y + 18, shortened(name, 18), anchor="end"))
        parts.append(_bar(y + 5, 1.0, "currentColor", opacity=0.08))
        parts.append(_bar(y + 5, max(0.005, p), colour))
        parts.append(text(RIGHT + 10, y + 18, f"{p:.2f}{'  true' if name in true else ''}"))
    parts.append(line((LEFT + RIGHT) / 2, 4, (LEFT + RIGHT) / 2, height - 4, opacity=0.3))
    return "".join([*parts, CLOSED])


def _bar(y: float, share: float, colour: str, *, opacity: float = 1.0) -> str:
    box = f'x="{LEFT}" y="{y}" width="{share * (RIGHT - LEFT):.1f}" height="16" rx="3"'
    return f'<rect {box} fill="{colour}" fill-opacity="{opacity:g}"/>'


def _thumbnail(image: Image) -> bytes:
    """The picture, or the first plane through the middle of a volume."""
    return hung([panels_of(image, [n // 2 for n in image.grid.shape])[0].lettered()], {})
