"""Segmentation metrics on drawings small enough to be worked out by hand."""

from math import nan, sqrt

import numpy as np
import pytest
from evaluation_cases import values_of

from hounsfield.evaluation.segmentation import DICE, HD95, LESION_F1, NSD, VOLUME_ERROR, nsd_at
from hounsfield.values import Grid, LabelMap

# A drawing has rows parted by "/" and slices by "|". f: found alone, t: true alone, b: both, ".": neither,
# "?": unknown in the truth, F: found where the truth is unknown.
# name, drawing, spacing, Dice, volume error in %, HD95, NSD at 1 mm, (hits, false, missed)
NOTHING = (nan, nan, nan, nan, (0, 0, 0))
PERFECT = (1, 0, 0, 1, (1, 0, 0))
EDGES = [
    ("both empty", "...", 1, *NOTHING),
    ("a single voxel, empty", ".", 1, *NOTHING),
    ("a single voxel, both", "b", 1, *PERFECT),
    ("a single voxel, invented", "f", 1, 0, nan, nan, 0, (0, 1, 0)),
    ("a single voxel, missed", "t", 1, 0, 100, nan, 0, (0, 0, 1)),
    ("only the answer", ".f.", 1, 0, nan, nan, 0, (0, 1, 0)),
    ("only the truth", ".t.", 1, 0, 100, nan, 0, (0, 0, 1)),
    ("the same voxel", ".b.", 1, *PERFECT),
    ("everything foreground", "bbb/bbb", 1, *PERFECT),
    ("everything foreground in 3D", "bb/bb|bb/bb", (3, 1, 1), *PERFECT),
    ("the same block", "...../.bbb./.bbb./.bbb./.....", 1, *PERFECT),
    ("beside each other", "ft", 1, 0, 0, 1, 1, (0, 1, 1)),
    ("two apart", "f.t", 1, 0, 0, 2, 0, (0, 1, 1)),
    ("beside each other along thick columns", "ft", (1, 3), 0, 0, 3, 0, (0, 1, 1)),
    ("beside each other across thick columns", "f/t", (1, 3), 0, 0, 1, 1, (0, 1, 1)),
    ("neighbouring thick slices", "f|t", (5, 1, 1), 0, 0, 5, 0, (0, 1, 1)),
    ("a knight's move with unlike spacings", "f../..t", (3, 2), 0, 0, 5, 0, (0, 1, 1)),
    ("fine columns", "f.........t", (1, 0.1), 0, 0, 1, 1, (0, 1, 1)),
    ("opposite corners of the image", "f../.../..t", 1, 0, 0, sqrt(8), 0, (0, 1, 1)),
    ("one too many", "bf", 1, 2 / 3, 100, 0.95, 1, (1, 0, 0)),
    ("two too many", "bff", 1, 1 / 2, 200, 1.9, 3 / 4, (1, 0, 0)),
    ("a core only", "tbt", 1, 1 / 2, 200 / 3, 1, 1, (1, 0, 0)),
    ("everything for the voxel in the middle", "fff/fbf/fff", 1, 0.2, 800, sqrt(2), 5 / 9, (1, 0, 0)),
    ("everything for a voxel in the corner", "bfff/ffff/ffff/ffff", 1, 2 / 17, 1500,
     sqrt(13) + 0.45 * (sqrt(18) - sqrt(13)), 4 / 13, (0, 1, 1)),
    ("a filled ring has the same outside", "bbb/bfb/bbb", 1, 16 / 17, 12.5, 0, 1, (1, 0, 0)),
    ("a filled ring within the image", "...../.bbb./.bfb./.bbb./.....", 1, 16 / 17, 12.5, 0, 1, (1, 0, 0)),
    ("found in the unknown", "b.F", 1, *PERFECT),
    ("all unknown", "???", 1, *NOTHING),
    ("found only in the unknown", "FF?", 1, *NOTHING),
    ("the known part counts", "bb?F..f", 1, 0.8, 50, 4.5, 0.8, (1, 1, 0)),
    ("invented beside the unknown", "?f", 1, 0, nan, nan, 0, (0, 1, 0)),
    ("the unknown parts two lesions", "t?b", 1, 2 / 3, 50, 1.9, 2 / 3, (1, 0, 1)),
    ("one of two lesions", "b.t", 1, 2 / 3, 50, 1.9, 2 / 3, (1, 0, 1)),
    ("two lesions in one piece", "bfb", 1, 0.8, 50, 0.9, 1, (2, 0, 0)),
    ("one lesion in two pieces", "btb", 1, 0.8, 100 / 3, 0.9, 1, (1, 0, 0)),
    ("lesions that touch at a corner are one", "t./.b", 1, 2 / 3, 50, 0.95 * sqrt(2), 2 / 3, (1, 0, 0)),
    ("crumbs", "f.f.f.b", 1, 0.4, 300, 5.7, 0.4, (1, 3, 0)),
]  # fmt: skip


def draw(drawing: str) -> np.ndarray:
    slices = [[list(row) for row in part.split("/")] for part in drawing.split("|")]
    letters = np.array(slices)
    return letters if len(slices) > 1 else letters[0]


def maps(letters: np.ndarray, grid: Grid) -> tuple[LabelMap, LabelMap]:
    found = np.isin(letters, ["f", "b", "F"]).astype(np.uint8)
    truth = np.where(np.isin(letters, ["?", "F"]), 255, np.isin(letters, ["t", "b"])).astype(np.uint8)
    return LabelMap(found, grid, {1: "lesion"}), LabelMap(truth, grid, {1: "lesion"}, ignore=255)


@pytest.mark.parametrize("edge", EDGES, ids=[edge[0] for edge in EDGES])
def test_by_hand(edge):
    _, drawing, spacing, dice, percent, hd95, nsd, lesions = edge
    letters = draw(drawing)
    found, truth = maps(letters, Grid.regular(letters.shape, spacing))
    expected_f1 = 2 * lesions[0] / (2 * lesions[0] + lesions[1] + lesions[2]) if any(lesions) else nan
    expected = {DICE: dice, VOLUME_ERROR: percent, HD95: hd95, NSD: nsd, LESION_F1: expected_f1}
    for metric, value in expected.items():
        assert values_of(metric, found, truth) == {"lesion": pytest.approx(value, nan_ok=True)}, metric.name


@pytest.mark.parametrize(("drawing", "expected"), [("f.t", 1.0), ("f..t", 0.0)])
def test_a_picture_has_a_tolerance_of_two_pixels(drawing, expected):
    letters = draw(drawing)
    found, truth = maps(letters, Grid.picture(letters.shape))
    assert values_of(NSD, found, truth) == {"lesion": expected}


def test_a_distance_at_the_tolerance_is_within_it_whatever_its_last_bit():
    letters = draw("f..t")
    found, truth = maps(letters, Grid.regular(letters.shape, 0.1))
    assert 3 * 0.1 > 0.3  # as computers count
    assert values_of(nsd_at(0.3), found, truth) == {"lesion": 1.0}


@pytest.mark.parametrize("edge", EDGES, ids=[edge[0] for edge in EDGES])
def test_nothing_depends_on_where_the_axes_point(edge):
    letters = draw(edge[1])
    spacing = np.broadcast_to(np.asarray(edge[2], float), letters.ndim)
    found, truth = maps(letters, Grid.regular(letters.shape, spacing))
    turned_found, turned_truth = maps(letters.T[::-1], Grid.regular(letters.T.shape, spacing[::-1]))
    for metric in (DICE, VOLUME_ERROR, HD95, NSD, LESION_F1):
        straight, turned = values_of(metric, found, truth), values_of(metric, turned_found, turned_truth)
        assert straight == {"lesion": pytest.approx(turned["lesion"], nan_ok=True)}
