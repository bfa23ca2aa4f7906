"""Boxes against counting elements."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hounsfield.ops.boxes import boxes_of_instances, clip, doubles, iou, nms, volume, weighted_fusion

BOX = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), min_size=3, max_size=3)


def as_mask(box):
    mask = np.zeros((12, 12, 12), bool)
    mask[tuple(slice(int(a + 0.5), int(b + 0.5)) for a, b in box.T)] = True
    return mask


def as_box(ends):
    return np.array([[min(e) - 0.5 for e in ends], [max(e) + 0.5 for e in ends]])


@given(a=BOX, b=BOX)
def test_iou_counts_elements(a, b):
    box_a, box_b = as_box(a), as_box(b)
    mask_a, mask_b = as_mask(box_a), as_mask(box_b)
    assert volume(box_a[None])[0] == mask_a.sum()
    want = (mask_a & mask_b).sum() / (mask_a | mask_b).sum()
    np.testing.assert_allclose(iou(box_a[None], box_b[None]), [[want]])


def test_empty_sets_and_empty_boxes():
    none = np.zeros((0, 2, 2))
    some = np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [2.0, 2.0]]])
    assert iou(none, some).shape == (0, 2)
    assert iou(some, some)[0, 0] == 0
    assert len(nms(none, np.zeros(0), 0.5)) == 0
    assert weighted_fusion([(none, np.zeros(0)), (none, np.zeros(0))], 0.5)[0].shape == (0, 2, 2)


def test_nms_keeps_the_best_of_those_that_overlap():
    boxes = np.array([[[0, 0], [10, 10]], [[1, 1], [11, 11]], [[20, 20], [30, 30]], [[0, 0], [10, 10.5]]], float)
    assert nms(boxes, np.array([0.8, 0.9, 0.3, 0.7]), 0.5).tolist() == [1, 2]
    assert nms(boxes, np.array([0.8, 0.9, 0.3, 0.7]), 0.99).tolist() == [1, 0, 3, 2]


def test_fusion_is_the_mean_weighted_by_score():
    a = (np.array([[[0.0, 0.0], [10.0, 10.0]], [[50.0, 50.0], [60.0, 60.0]]]), np.array([0.9, 0.8]))
    b = (np.array([[[1.0, 0.0], [11.0, 10.0]]]), np.array([0.3]))
    boxes, scores = weighted_fusion([a, b], 0.5)
    # both saw the first: (0.9 + 0.3) / 2; one of two saw the second: 0.8 / 2
    np.testing.assert_allclose(scores, [0.6, 0.4])
    np.testing.assert_allclose(boxes[0], [[0.25, 0], [10.25, 10]])
    np.testing.assert_allclose(boxes[1], [[50, 50], [60, 60]])


def test_one_member_without_overlaps_is_left_as_it_is():
    boxes = np.array([[[0.0, 0, 0], [4, 4, 4]], [[8, 8, 8], [9, 9, 9]]])
    fused, scores = weighted_fusion([(boxes, np.array([0.2, 0.7]))], 0.1)
    np.testing.assert_array_equal(fused, boxes[::-1])
    np.testing.assert_array_equal(scores, [0.7, 0.2])


def test_clip_to_the_arrays_edges():
    boxes = np.array([[[-3.0, 2.0], [4.0, 99.0]], [[20.0, 0.0], [30.0, 1.0]]])
    got = clip(boxes, (10, 10))
    np.testing.assert_array_equal(got[0], [[-0.5, 2], [4, 9.5]])
    assert volume(got).tolist() == [4.5 * 7.5, 0]


def test_boxes_of_instances_by_hand():
    for scale in (1, 10**6):  # numbers in order, and colours as numbers
        instances = np.zeros((6, 7), np.int64)
        instances[2:4, 1:6] = 5 * scale
        instances[5, 6] = 2 * scale
        ids, boxes = boxes_of_instances(instances)
        assert ids.tolist() == [2 * scale, 5 * scale]
        np.testing.assert_array_equal(boxes, [[[4.5, 5.5], [5.5, 6.5]], [[1.5, 0.5], [3.5, 5.5]]])
        full = np.full((2, 2), 3 * scale)
        assert boxes_of_instances(full)[0].tolist() == [3 * scale]
    ids, boxes = boxes_of_instances(np.zeros((3, 3, 3), np.int32))
    assert ids.shape == (0,)
    assert boxes.shape == (0, 2, 3)


@pytest.mark.parametrize(("d", "threshold"), [(2, 0.9), (3, 0.9), (2, 0.5)])
def test_doubles_are_those_of_the_matrix_of_all_pairs(d, threshold):
    rng = np.random.default_rng(0)
    first = rng.uniform(0, 60, (150, d))
    boxes = np.stack([first, first + rng.uniform(0, 40, (150, d))], axis=1)
    boxes = np.concatenate([boxes + rng.normal(0, 0.4, boxes.shape) for _ in range(3)])
    kinds = rng.choice(["cell", "nucleus"], len(boxes)).tolist()
    overlap = np.triu(iou(boxes, boxes), 1)
    expected: dict[int, int] = {}
    for a, b in np.argwhere(overlap > threshold).tolist():
        if kinds[a] == kinds[b] and a not in expected:
            expected.setdefault(b, a)
    assert len(expected) > 20
    assert doubles(boxes, kinds, threshold) == expected


def test_doubles_of_many_boxes_take_little_room():
    boxes = np.random.default_rng(0).uniform(0, 1000, (5000, 1, 2)) + np.array([[0.0], [9.0]])
    boxes[1::2] = boxes[::2]
    tracemalloc.start()
    found = doubles(boxes, ["cell"] * len(boxes), 0.9)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(found[number] < number for number in range(1, len(boxes), 2))
    assert most < 20 * boxes.nbytes  # the matrix of all pairs has 1250 times as much
