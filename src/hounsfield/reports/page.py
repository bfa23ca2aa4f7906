"""One self-contained HTML page: the result first, the worst cases next, then how it came about."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from hounsfield.figures.curves import line_chart
from hounsfield.figures.picture import Picture
from hounsfield.reports.assets import asset, environment
from hounsfield.reports.results import result_of
from hounsfield.values import Facts, Plan, Scores

Rows = Sequence[tuple[str, str]]
LONGEST_VALUE = 160  # letters of a decision that a page shows; the plan file has it whole


@dataclass(frozen=True)
class Content:
    """What a page says.

    summary: one sentence under the title.  figures: the worst first.  log: lines of the run's log.
    data, environment: a word and a sentence each.  facts: what the training cases are like.
    calibration: what is known of the confidence in single answers.
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
    facts: Facts | None = None


def page(content: Content) -> str:
    """The page as HTML: nothing is fetched, no script runs, and everything that came from files is escaped."""
    engine = environment()
    engine.filters["value"] = _value
    result = result_of(content.scores) if content.scores else None
    return engine.from_string(asset("page.html")).render(
        content=content,
        css=Markup(asset("page.css")),
        result=result,
        chart=Markup(result.chart if result else ""),
        figures=[_figure(picture) for picture in content.figures],
        curves=[(title, Markup(svg)) for title, svg in _curves(content.log)],
        facts=_fact_rows(content.facts) if content.facts else [],
        words=[(name, ", ".join(words)) for name, words in content.facts.words.items()] if content.facts else [],
    )


def _figure(picture: Picture) -> dict[str, Any]:
    encoded = base64.b64encode(picture.png).decode() if picture.png else ""
    return {"title": picture.title, "caption": picture.caption, "png": encoded, "svg": Markup(picture.svg or "")}


def _curves(log: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """A chart for the loss and one for the validation score, a curve for each part of the training that logged."""
    charts = []
    for key, title in (("loss", "Loss"), ("validation", "Validation score")):
        curves: dict[str, list[tuple[float, float]]] = {}
        for line in log:
            if line.get(key) is not None and line.get("step") is not None:
                curves.setdefault(str(line.get("part") or title.lower()), []).append((line["step"], line[key]))
        long_enough = {name: curve for name, curve in curves.items() if len(curve) > 1}
        if long_enough:
            charts.append((title, line_chart(long_enough, title=f"{title} over steps", across="step")))
    return [(title, svg) for title, svg in charts if svg]


def _fact_rows(facts: Facts) -> list[tuple[str, str, str, str]]:
    """Name, smallest, median and largest value over cases."""
    return [
        (name, f"{sketch.quantile(0):.4g}", f"{sketch.median:.4g}", f"{sketch.quantile(1):.4g}")
        for name, sketch in sorted(facts.sketches.items())
        if sketch.values
    ]


def _value(value: Any) -> str:
    """The value of a decision as people read it."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        said = ", ".join(_value(item) for item in value)
    else:
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST_VALUE else f"{said[: LONGEST_VALUE - 1]}…"
