"""The report: what a reader finds on it."""

import re

import numpy as np

from hounsfield.figures.label_maps import label_map_figure
from hounsfield.reports.page import Content, page
from hounsfield.values import Grid, Image, Interval, LabelMap, Plan, Scores

NASTY = '<script>alert("x")</script>'


def content(**changes: object) -> Content:
    grid = Grid.regular((24, 30, 20), 1.5)
    i, j, k = np.indices(grid.shape)
    ball = ((i - 12) ** 2 + (j - 14) ** 2 + (k - 10) ** 2 < 40).astype(np.uint8)
    image = Image.of(ball * 100.0 + np.random.default_rng(0).normal(0, 9, grid.shape).astype(np.float32), grid)
    truth, answer = LabelMap(ball, grid, {1: "ball"}), LabelMap(np.roll(ball, 2, axis=0), grid, {1: "ball"})
    scores = Scores(
        sets={"dice": {"ball": Interval(0.713, 0.61, 0.8, 7, 1), NASTY: Interval(None, None, None, 3, 3)}},
        cases={"case 1": {"dice": {"ball": 0.7}}},
        first="dice",
        better={"dice": "higher"},
    )
    said = {
        "title": "A unet for segmentation",
        "summary": "Trained on 7 cases.",
        "command": "hounsfield train scans --out model",
        "plan": Plan("unet", "segmentation").decide("patch", (32, 32, 32), f"it fits {NASTY}"),
        "scores": scores,
        "figures": (label_map_figure(image, truth, answer, title="case 1"),),
        "log": [{"step": n, "loss": 1 / n, **({"validation": n / 50} if n % 10 == 0 else {})} for n in range(1, 41)],
        "data": (("folder", "scans"),),
        "environment": (("torch", "2.13"),),
        "problems": ("bad.nii.gz: is truncated.",),
        "notes": ("7 cases were compared.",),
    }
    return Content(**{**said, **changes})


def test_says_value_interval_plan_reason_and_command() -> None:
    text = page(content())
    for words in ("0.713", "0.610 to 0.800", "1 undefined", "patch", "hounsfield train scans", "bad.nii.gz", "unknown"):
        assert words in text


def test_loads_nothing_from_elsewhere_and_runs_nothing() -> None:
    text = page(content())
    assert not re.search(r'(?:src|href)\s*=\s*"(?!data:)', text)
    assert "url(" not in text
    assert "<script" not in text.lower()


def test_what_comes_from_files_is_escaped() -> None:
    text = page(content(title=NASTY, summary=NASTY, problems=(NASTY,)))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_page_without_scores_says_so() -> None:
    assert "There are no scores" in page(content(scores=None, figures=(), log=()))
