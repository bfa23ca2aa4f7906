import numpy as np
import pytest
from scipy import ndimage

from hounsfield.phantoms.cells import cells, many
from hounsfield.values import Refused


def image_of(case):
    return case.inputs["image"].load()


def truth_of(case, name):
    return case.truths[name].answer.load()


def objects(image):
    """Dark blue components of a picture: boxes (N, 4), and whether each is long, by its second moments."""
    red = ndimage.gaussian_filter(image.array()[0], 0.7)
    parts, count = ndimage.label(red < 0.62 * np.median(red))
    boxes, long = [], []
    for n, (rows, columns) in enumerate(ndimage.find_objects(parts), start=1):
        points = np.argwhere(parts == n)
        if len(points) < 25:
            continue
        small, large = np.sqrt(np.linalg.eigvalsh(np.cov(points.T)))
        boxes.append((rows.start - 0.5, columns.start - 0.5, rows.stop - 0.5, columns.stop - 0.5))
        long.append(large > 1.7 * small)
    assert count >= len(boxes)
    return np.array(boxes).reshape(-1, 4), np.array(long, bool)


def iou(a, b):
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    area = [np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b)]
    return shared / (area[0][:, None] + area[1][None] - shared)


def found_share(null, seed=0):
    """Recall and precision at IoU 0.5 of the components at difficulty 0, objects at the border left aside."""
    hits = wanted = found = 0
    for number in range(20):
        case = cells(seed, number, difficulty=0, null=null)
        boxes, truth = objects(image_of(case))[0], truth_of(case, "boxes")
        real = truth.corners_index.reshape(-1, 4)[~truth.ignore]
        found += len(boxes)
        wanted += len(real)
        if len(boxes) and len(real):
            hits += np.count_nonzero(iou(real, boxes).max(axis=1) > 0.5)
    return hits / wanted, hits / max(found, 1)


def test_same_seed_same_bytes():
    for name in ("nuclei", "boxes", "diagnosis"):
        assert truth_of(cells(1, 3), name) == truth_of(cells(1, 3), name)
    assert image_of(cells(1, 3)) == image_of(cells(1, 3))
    assert image_of(cells(1, 3)) != image_of(cells(1, 2))
    assert cells(1, 3).patient == cells(1, 2).patient != cells(1, 4).patient


def test_a_threshold_recovers_the_boxes_at_difficulty_zero():
    recall, precision = found_share("none")
    assert recall > 0.93
    assert precision > 0.9


def test_without_signal_a_threshold_finds_nothing():
    assert found_share("no_signal")[0] < 0.02


def test_shuffled_boxes_are_met_by_chance_only():
    assert found_share("shuffled")[0] < 0.15


def test_the_diagnosis_follows_from_the_picture_at_difficulty_zero_and_from_nothing_without_signal():
    def seen(null, number):
        long = objects(image_of(cells(2, number, difficulty=0, null=null)))[1]
        return "yes" if np.count_nonzero(long) >= many((128, 128)) else "no"

    def told(null, number):
        return truth_of(cells(2, number, difficulty=0, null=null), "diagnosis").likeliest

    truths = [told("none", n) for n in range(32)]
    read = [seen("none", n) for n in range(32)]
    shuffled = [told("shuffled", n) for n in range(32)]  # of the same pictures
    assert 8 < truths.count("yes") < 24
    assert np.mean([a == b for a, b in zip(read, truths, strict=True)]) > 0.9
    assert {seen("no_signal", n) for n in range(32)} == {"no"}
    assert 0.2 < np.mean([a == b for a, b in zip(read, shuffled, strict=True)]) < 0.8


def test_a_null_changes_one_thing_only():
    case, empty, swapped = (cells(0, 9, null=null) for null in ("none", "no_signal", "shuffled"))
    for name in ("nuclei", "boxes", "diagnosis"):
        assert truth_of(case, name) == truth_of(empty, name)
    assert image_of(case) == image_of(swapped)
    assert truth_of(case, "boxes") != truth_of(swapped, "boxes")
    near = ndimage.binary_dilation(truth_of(case, "nuclei").array > 0, iterations=7)
    same = np.all(image_of(case).array() == image_of(empty).array(), axis=0)
    assert same[~near].all()
    assert same[near].mean() < 0.7


def test_masks_instances_and_boxes_say_the_same():
    touching = blurred = empty = cut = 0
    for number in range(24):
        case = cells(4, number)
        nuclei, boxes = truth_of(case, "nuclei"), truth_of(case, "boxes")
        assert np.array_equal(nuclei.instances > 0, np.isin(nuclei.array, (1, 2)))
        counted = [n for n in range(len(boxes)) if not boxes.ignore[n]]
        assert set(np.unique(nuclei.instances)) - {0} == {n + 1 for n in counted}
        for n in counted:
            points = np.argwhere(nuclei.instances == n + 1)
            assert np.array_equal(boxes.corners_index[n], [points.min(0) - 0.5, points.max(0) + 0.5])
            assert set(nuclei.array[nuclei.instances == n + 1]) == {{"round": 1, "long": 2}[boxes.labels[n]]}
        ignored = boxes.corners_index[boxes.ignore]
        assert (len(ignored) > 0) == bool(np.any(~nuclei.known))
        long = sum(boxes.labels[n] == "long" for n in counted)
        assert truth_of(case, "diagnosis").likeliest == ("yes" if long >= 5 else "no")
        parts = ndimage.label(nuclei.instances > 0)[1]
        touching += parts < len(counted)
        blurred += len(ignored) > 0
        empty += len(boxes) == 0
        corners = boxes.corners_index
        cut += bool(len(corners) and (corners.min() < 0 or corners.max() > 127))
    assert touching > 8
    assert blurred > 4
    assert empty > 0
    assert cut > 4


def test_values_are_plausible():
    counts = []
    for number in range(20):
        case = cells(6, number)
        picture = image_of(case)
        assert picture.source.dtype == np.uint8
        assert picture.channels == 3
        red, green, blue = picture.array().mean(axis=(1, 2))
        assert green < min(red, blue)  # pink and purple
        assert 90 < green < 230
        counts.append(len(truth_of(case, "boxes")))
    assert 6 < np.mean(counts) < 20
    assert max(counts) < 45


@pytest.mark.parametrize("shape", [(32, 32), (40, 96)])
def test_other_shapes(shape):
    case = cells(0, 1, shape=shape)
    assert image_of(case).grid.shape == shape
    assert truth_of(case, "nuclei").grid == image_of(case).grid


@pytest.mark.parametrize("shape", [(8, 32), (32, 32, 32)])
def test_impossible_shapes_are_refused(shape):
    with pytest.raises(Refused):
        cells(0, 0, shape=shape)
