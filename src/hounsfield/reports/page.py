"""One self-contained HTML page: the result first, the worst cases next, then how it came about."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from hounsfield.figures.curves import line_chart
from hounsfield.figures.intervals import interval_chart
from hounsfield.figures.picture import Picture
from hounsfield.values import Interval, Plan, Scores

Rows = Sequence[tuple[str, str]]

MEANINGS = {
    "dice": "overlap of answer and truth: twice the shared part over the sum of both; 1 is perfect",
    "foreground_dice": "the same with all labels taken as one",
    "nsd": "share of both surfaces that lie within the tolerance of each other (1 mm; 2 px in pictures); 1 is perfect",
    "hd95": "distance within which 95 % of both surfaces lie of each other; 0 is perfect",
    "volume_error": "difference of the volumes over the true one, in percent, without sign",
    "lesion_f1": "separate parts of a structure found and not invented; 1 is perfect",
    "instance_ap": "objects matched at IoU above 0.5, over matched, missed and invented ones",
    "average_precision": "area under precision over recall; 1 is perfect",
    "sensitivity_at_1_fp": "share of true objects found when one false alarm a case is let through",
    "point_error": "distance between answered and true point",
    "auc": "chance that a case of the class gets a higher probability than one without; 0.5 is guessing",
    "brier": "mean squared difference of probability and truth; 0 is perfect",
    "ece": "how far stated probabilities are from what happens; 0 is perfect",
    "balanced_accuracy": "mean of the shares recognised in each class; 0.5 is guessing between two",
    "carried_dice": "overlap of the moving labels, carried over, with the fixed ones; 1 is perfect",
    "target_error": "distance between carried and true points",
    "folding": "share of the field that turns space inside out; 0 is right",
}


@dataclass(frozen=True)
class Content:
    """What a page says.

    figures: the worst first.  log: lines of the run's log.  data, environment: a word and a sentence each.
    """

    title: str
    summary: str
    command: str
    plan: Plan | None = None
    scores: Scores | None = None
    figures: Sequence[Picture] = ()
    log: Sequence[Mapping[str, Any]] = ()
    data: Rows = ()
    environment: Rows = ()
    problems: Sequence[str] = ()
    notes: Sequence[str] = ()
    calibration: str = "unknown"


def page(content: Content) -> str:
    """The page as HTML; everything that came from files is escaped."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_asset("page.html"))
    scores = content.scores
    first = scores.sets.get(scores.first, {}) if scores else {}
    return template.render(
        content=content,
        css=Markup(_asset("page.css")),
        first=scores.first if scores else "",
        headline=[(item, _said(value)) for item, value in first.items() if value.value is not None][:6],
        interval_svg=Markup(interval_chart(first, title=scores.first) if scores else ""),
        scores=_score_rows(scores) if scores else [],
        meanings=[(name, MEANINGS[name]) for name in (scores.sets if scores else ()) if name in MEANINGS],
        figures=[_figure(picture) for picture in content.figures],
        curves=[Markup(svg) for svg in _curves(content.log) if svg],
    )


def _asset(name: str) -> str:
    return files("hounsfield.reports").joinpath(name).read_text(encoding="utf-8")


def _said(value: Interval) -> dict[str, str]:
    if value.value is None:
        return {"shown": "undefined", "span": "undefined"}
    span = "interval unknown" if value.low is None or value.high is None else f"{value.low:.3f} to {value.high:.3f}"
    return {"shown": f"{value.value:.3f}", "span": span}


def _score_rows(scores: Scores) -> list[dict[str, Any]]:
    rows = []
    for metric, items in scores.sets.items():
        unit = f" ({scores.units[metric]})" if scores.units.get(metric) else ""
        for item, value in items.items():
            n = f"{value.n}" + (f", {value.undefined} undefined" if value.undefined else "")
            said = _said(value)
            row = {"metric": metric + unit, "item": item, "value": said["shown"], "span": said["span"]}
            rows.append({**row, "n": n, "better": scores.better[metric]})
    return rows


def _figure(picture: Picture) -> dict[str, Any]:
    encoded = base64.b64encode(picture.png).decode() if picture.png else ""
    return {"title": picture.title, "caption": picture.caption, "png": encoded, "svg": Markup(picture.svg or "")}


def _curves(log: Sequence[Mapping[str, Any]]) -> list[str]:
    def curve(name: str) -> list[tuple[float, float]]:
        return [(float(line["step"]), float(line[name])) for line in log if line.get(name) is not None]

    loss, validation = curve("loss"), curve("validation")
    charts = [line_chart({"loss": loss}, title="Loss over steps", across="step")] if len(loss) > 1 else []
    if len(validation) > 1:
        charts.append(line_chart({"validation": validation}, title="Validation score over steps", across="step"))
    return charts
