"""Whether an input is like those a model was trained on: one comparison of range, spacing and field of view."""

from __future__ import annotations

from hounsfield.values import Facts, Sketch

COMPARED = {"spacing": "spacing", "extent": "field of view", "shape": "size"}


def alarms(found: Facts, known: Facts) -> tuple[str, ...]:
    """A sentence for each way in which a case, by its facts, lies outside of what the training cases were like.

    A number alarms when it is farther from the training range than half that range's width, or, where all training
    cases agreed, than half its value: wide enough that a held-out case of the same kind seldom alarms.
    """
    sentences = []
    for name, sketch in sorted(found.sketches.items()):
        trained = known.sketches.get(name, Sketch())
        if trained.values and sketch.values and _is_outside(sketch.median, trained):
            sentences.append(_sentence(name, sketch.median, trained))
    return tuple(sentences)


def _is_outside(value: float, known: Sketch) -> bool:
    low, high = known.values[0], known.values[-1]
    room = max(0.5 * (high - low), 0.5 * max(abs(low), abs(high)) if high == low else 0.0, 1e-6)
    return value < low - room or value > high + room


def _sentence(name: str, value: float, known: Sketch) -> str:
    what, _, detail = name.partition(":")
    words = f"{COMPARED[what]} along axis {detail}" if what in COMPARED else name.replace(":", " ")
    return f"{words} is {value:.4g}; the training cases had {known.values[0]:.4g} to {known.values[-1]:.4g}"
