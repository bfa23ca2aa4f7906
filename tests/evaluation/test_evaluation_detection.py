"""Boxes: matching, average precision, free-response sensitivity."""

import itertools

import numpy as np
import pytest
from evaluation_cases import case_of, rows_of

from hounsfield.evaluation.detection import AVERAGE_PRECISION, SENSITIVITY_AT_1_FP, match
from hounsfield.values import Boxes, Findings, Grid, Refused, Row

GRID = Grid.picture((100, 100))
A, B, C = ((0, 10), (20, 30), (40, 50))  # intervals of rows; all boxes have the same columns


def boxes(*spans, labels=None, scores=None, ignore=None, grid=GRID) -> Boxes:
    corners = np.array([[(low, 0), (high, 10)] for low, high in spans], float).reshape(-1, 2, 2)
    if grid.ndim == 3:
        corners = np.concatenate([corners, np.array([[[0], [10]]] * len(corners))], axis=2)
    return Boxes(corners, grid, labels or ("cell",) * len(spans), scores, ignore)


def numbers(metric, found, truth) -> list[tuple[float, ...]]:
    return sorted(row.numbers for row in rows_of(metric, (found, truth)))


MISSED = (-np.inf, 1.0)


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [
        (boxes(), boxes(), []),
        (boxes(A, scores=[0.7]), boxes(), [(0.7, 0.0)]),
        (boxes(), boxes(A), [MISSED]),
        (boxes(A, scores=[0.7]), boxes(A), [(0.7, 1.0)]),
        (boxes(A, A, scores=[0.7, 0.9]), boxes(A), [(0.7, 0.0), (0.9, 1.0)]),  # the second finds it already taken
        (boxes((0, 5), scores=[0.7]), boxes(A), [(0.7, 1.0)]),  # an IoU of exactly one half counts
        (boxes((0, 4.9), scores=[0.7]), boxes(A), [MISSED, (0.7, 0.0)]),
        (boxes(A, scores=[0.7]), boxes(A, labels=("virus",)), [MISSED, (0.7, 0.0)]),
        (boxes(A, scores=[0.7]), boxes(A, ignore=[True]), []),
        (boxes(A, A, scores=[0.7, 0.9]), boxes(A, ignore=[True]), []),
        (boxes(A, A, scores=[0.7, 0.9]), boxes(A, A, ignore=[True, False]), [(0.9, 1.0)]),
        (boxes(A, scores=[0.7]), boxes(A, (1, 11), ignore=[True, False]), [(0.7, 1.0)]),  # a counted truth comes first
        (boxes(), boxes(A, ignore=[True]), []),
        (boxes((0, 10), (2, 12), scores=[0.5, 0.9]), boxes((0, 10), (2, 14)), [(0.5, 1.0), (0.9, 1.0)]),
        (boxes((5, 5), scores=[0.7]), boxes((5, 5)), [MISSED, (0.7, 0.0)]),  # no area, no overlap
    ],
)
def test_matching_by_hand(found, truth, expected):
    assert numbers(AVERAGE_PRECISION, found, truth) == expected


def test_in_three_dimensions_a_tenth_is_enough():
    grid = Grid.regular((100, 100, 100))
    found, truth = boxes((8, 18), scores=[0.5], grid=grid), boxes(A, grid=grid)
    assert numbers(AVERAGE_PRECISION, found, truth) == [(0.5, 1.0)]  # 2 of 18
    found = boxes((9, 19), scores=[0.5], grid=grid)
    assert numbers(AVERAGE_PRECISION, found, truth) == [MISSED, (0.5, 0.0)]  # 1 of 19


def test_boxes_on_another_grid_are_refused():
    with pytest.raises(Refused, match="slide-3: the answer lies on"):
        AVERAGE_PRECISION.items(Findings(boxes(A)), case_of(boxes(A, grid=Grid.picture((9, 9))), id="slide-3"))


def naive_iou(a: np.ndarray, b: np.ndarray) -> float:
    shared = union = 0.0
    sides = [max(0.0, min(a[1, k], b[1, k]) - max(a[0, k], b[0, k])) for k in range(a.shape[1])]
    shared = float(np.prod(sides))
    union = float(np.prod(a[1] - a[0]) + np.prod(b[1] - b[0])) - shared
    return shared / union if union else 0.0


def naive_match(found: Boxes, truth: Boxes, threshold: float) -> tuple[dict[int, str], set[int]]:
    """What became of each found box, and which truths were taken: COCO's loop, written out."""
    fate, taken = {}, set()
    for i in sorted(range(len(found)), key=lambda i: -found.scores[i]):
        best, best_iou = None, threshold
        for j in range(len(truth)):
            if j in taken or truth.ignore[j] or truth.labels[j] != found.labels[i]:
                continue
            overlap = naive_iou(found.corners_index[i], truth.corners_index[j])
            if overlap >= best_iou and (best is None or overlap > best_iou):
                best, best_iou = j, overlap
        if best is not None:
            taken.add(best)
            fate[i] = "hit"
            continue
        over_ignored = any(
            truth.ignore[j] and truth.labels[j] == found.labels[i]
            and naive_iou(found.corners_index[i], truth.corners_index[j]) >= threshold
            for j in range(len(truth))
        )  # fmt: skip
        fate[i] = "ignored" if over_ignored else "false"
    return fate, taken


def random_boxes(rng: np.random.Generator, grid: Grid, near: Boxes | None) -> Boxes:
    n = int(rng.integers(0, 7))
    low = rng.integers(0, 20, size=(n, grid.ndim)).astype(float)
    corners = np.stack([low, low + rng.integers(1, 9, size=(n, grid.ndim))], axis=1)
    labels = rng.choice(["red", "white"], size=n, p=[0.7, 0.3])
    if near is not None and len(near):
        copied = rng.integers(len(near), size=n)
        jitter = rng.integers(-1, 2, size=(n, 2, grid.ndim))
        jittered = near.corners_index[copied] + jitter
        jittered[:, 1] = np.maximum(jittered[:, 1], jittered[:, 0] + 1)
        corners = np.where(rng.random((n, 1, 1)) < 0.7, jittered, corners)
        labels = np.where(rng.random(n) < 0.8, np.array(near.labels)[copied], labels)
    scores = None if near is None else rng.permutation(100)[:n] / 100
    return Boxes(corners, grid, tuple(labels.tolist()), scores, rng.random(n) < 0.2 if near is None else None)


def random_case(seed: int) -> tuple[Boxes, Boxes]:
    rng = np.random.default_rng(seed)
    grid = Grid.picture((30, 30)) if rng.random() < 0.5 else Grid.regular((30, 30, 30))
    truth = random_boxes(rng, grid, None)
    return random_boxes(rng, grid, truth), truth


def naive_average_precision(rows: list[Row]) -> float | None:
    truths = sum(row.numbers[1] for row in rows)
    if not truths:
        return None
    points = []
    for threshold in sorted({row.numbers[0] for row in rows if np.isfinite(row.numbers[0])}, reverse=True):
        above = [row.numbers[1] for row in rows if row.numbers[0] >= threshold]
        points.append((sum(above) / truths, sum(above) / len(above)))
    area, before = 0.0, 0.0
    for i, (recall, _) in enumerate(points):
        area += (recall - before) * max(precision for _, precision in points[i:])
        before = recall
    return area


def naive_sensitivity(rows: list[Row], images: int) -> float | None:
    truths = sum(row.numbers[1] for row in rows)
    if not truths:
        return None
    best = 0.0
    for threshold in {row.numbers[0] for row in rows if np.isfinite(row.numbers[0])}:
        above = [row.numbers[1] for row in rows if row.numbers[0] >= threshold]
        if len(above) - sum(above) <= images:
            best = max(best, sum(above) / truths)
    return best


def test_matching_on_random_boxes():
    fates = []
    for seed in range(500):
        found, truth = random_case(seed)
        matching = match(found, truth)
        fate, taken = naive_match(found, truth, 0.5 if truth.grid.ndim == 2 else 0.1)
        assert [i for i in range(len(found)) if matching.hit[i]] == sorted(i for i in fate if fate[i] == "hit"), seed
        assert set(np.flatnonzero(matching.ignored)) == {i for i in fate if fate[i] == "ignored"}, seed
        assert set(np.flatnonzero(matching.found)) == taken, seed
        fates += fate.values()
    assert min(fates.count("hit"), fates.count("ignored"), fates.count("false")) > 100


def test_scores_of_random_sets():
    for first in range(0, 500, 10):
        pairs = [random_case(seed) for seed in range(first, first + 10)]
        rows = rows_of(AVERAGE_PRECISION, *pairs)
        for item in ("red", "white"):
            of_item = [row for row in rows if row.item == item]
            assert AVERAGE_PRECISION.pool(of_item) == pytest.approx(naive_average_precision(of_item))
        sensitivity = SENSITIVITY_AT_1_FP.pool(rows_of(SENSITIVITY_AT_1_FP, *pairs))
        assert sensitivity == pytest.approx(naive_sensitivity(rows, len(pairs)))


def test_average_precision_by_hand():
    found = boxes(A, C, B, scores=[0.9, 0.8, 0.7])  # hit, false, hit of two truths
    rows = rows_of(AVERAGE_PRECISION, (found, boxes(A, B)))
    assert AVERAGE_PRECISION.pool(rows) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert AVERAGE_PRECISION.pool(rows_of(AVERAGE_PRECISION, (boxes(C, scores=[0.3]), boxes()))) is None
    assert AVERAGE_PRECISION.pool(rows_of(AVERAGE_PRECISION, (boxes(), boxes(A)))) == 0.0


def test_the_order_of_rows_with_equal_scores_does_not_matter():
    rows = [Row("cell", (0.5, hit)) for hit in (1.0, 0.0, 1.0, 0.0)]
    values = {AVERAGE_PRECISION.pool(list(order)) for order in itertools.permutations(rows)}
    assert values == {0.5}


def test_images_without_anything_count_for_the_rate_of_false_boxes():
    noisy = (boxes(C, C, A, scores=[0.9, 0.8, 0.7]), boxes(A))  # two false boxes above the hit
    assert SENSITIVITY_AT_1_FP.pool(rows_of(SENSITIVITY_AT_1_FP, noisy)) == 0.0
    assert SENSITIVITY_AT_1_FP.pool(rows_of(SENSITIVITY_AT_1_FP, noisy, (boxes(), boxes()))) == 1.0
    assert SENSITIVITY_AT_1_FP.pool(rows_of(SENSITIVITY_AT_1_FP, (boxes(), boxes()))) is None
    assert SENSITIVITY_AT_1_FP.items(Findings(boxes(A)), case_of()) == []
