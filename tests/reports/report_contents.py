"""A made-up report with everything in it, hostile names included."""

import numpy as np

from hounsfield.figures.label_maps import label_map_figure
from hounsfield.figures.picture import Picture
from hounsfield.reports.page import Content
from hounsfield.values import Decision, Facts, Grid, Image, Interval, LabelMap, Plan, Scores, Sketch

HOSTILE = "<img src=x onerror=alert(1)>"


def picture(name: str) -> Picture:
    rng = np.random.default_rng(0)
    labels = np.zeros((24, 30, 20), np.uint8)
    labels[6:14, 8:20, 5:15] = 1
    grid = Grid.regular(labels.shape)
    image = Image.of((50 * labels + rng.normal(100, 9, labels.shape)).astype(np.float32), grid)
    said = LabelMap(np.roll(labels, 2, axis=1), grid, {1: "anterior"})
    return label_map_figure(image, LabelMap(labels, grid, {1: "anterior"}), said, title=name)


def scores() -> Scores:
    cases = {f"case_{n:02d}": {"dice": {"anterior": 0.80 + 0.01 * n, "posterior": 0.9}} for n in range(12)}
    return Scores(
        sets={
            "dice": {
                "anterior": Interval(0.855, 0.84, 0.87, 12),
                "posterior": Interval(0.9, 0.88, 0.92, 12),
                "cyst": Interval(None, None, None, 12, 12),
            },
            "hd95": {"anterior": Interval(12.34, 9.8, 15.2, 12)},
        },
        cases=cases,
        first="dice",
        better={"dice": "higher", "hd95": "lower"},
        units={"hd95": "mm"},
        patients={case: f"patient_{n // 2}" for n, case in enumerate(cases)},
    )


def content() -> Content:
    inner = Plan("gru", "diagnosis", (Decision("hidden_size", 32, "few series"),))
    decisions = (
        Decision("patch", [40, 56, 40], "the median shape, rounded to what two poolings divide"),
        Decision("mirror", False, "left and right differ"),
        Decision("labels", HOSTILE, f"the folder says {HOSTILE}"),
        Decision("a_very_long_word", "x" * 400, "y" * 300),
    )
    log = [{"part": "", "step": n, "loss": 1 / (n + 1)} for n in range(0, 100, 10)]
    log += [{"part": "", "step": n, "validation": n / 100} for n in range(20, 100, 20)]
    log += [{"part": "", "step": 50, "decision": {"what": "rate", "value": 1, "why": "time"}}]
    return Content(
        title=f"A unet for segmentation {HOSTILE}",
        summary="Trained on 40 cases, scored on 12 validation cases.",
        command="hounsfield train /data/" + "deep/" * 40 + "hippocampus --minutes 10",
        plan=Plan("unet", "segmentation", decisions, {"stage two": inner}),
        scores=scores(),
        figures=[picture("case_00"), picture(HOSTILE), Picture("case_02", "its picture could not be read")],
        log=log,
        data=[("folder", f"/data/{HOSTILE}"), ("cases", "40 training, 12 validation, 10 test")],
        environment=[("torch", "2.13.0"), ("peak memory", "1240 MiB")],
        problems=[f"Left out: {HOSTILE}: is empty. Give another."],
        notes=["Scores on validation cases flatter a little."],
        facts=Facts(
            {"cases": 40},
            sketches={"spacing:0": Sketch.of([1.0, 1.5, 3.0])},
            words={"labels": ("1=anterior", HOSTILE)},
        ),
    )
