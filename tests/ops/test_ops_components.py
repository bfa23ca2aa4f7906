"""Components and watershed against SimpleITK and a textbook queue."""

import heapq
from itertools import count, product

import numpy as np
import SimpleITK as sitk  # noqa: N813
from scipy import ndimage

from hounsfield.ops.components import connected_components, split_objects, watershed_from_seeds


def test_components_equal_itk_fully_connected():
    for shape in ((30, 40), (12, 13, 14)):
        mask = np.random.default_rng(0).random(shape) < 0.2
        labels, n = connected_components(mask)
        want = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8)), True))
        assert labels.dtype == np.int32
        assert n == want.max() == labels.max()
        assert len(np.unique(np.stack([labels[mask], want[mask]]), axis=1).T) == n  # one to one
        assert np.array_equal(labels > 0, mask)


def test_no_components_in_nothing():
    labels, n = connected_components(np.zeros((4, 4), bool))
    assert n == 0
    assert not labels.any()


def naive_watershed(priority, seeds, mask):
    """Meyer's flooding with one queue, an element at a time."""
    labels, order, queue = np.where(mask, seeds, 0), count(), []
    steps = [s for s in product((-1, 0, 1), repeat=mask.ndim) if any(s)]

    def push(at):
        for step in steps:
            to = tuple(np.add(at, step))
            if all(0 <= x < n for x, n in zip(to, mask.shape, strict=True)) and mask[to] and not labels[to]:
                heapq.heappush(queue, (-priority[to], next(order), to, labels[at]))

    for at in map(tuple, np.argwhere(labels)):
        push(at)
    while queue:
        _, _, at, label = heapq.heappop(queue)
        if not labels[at]:
            labels[at] = label
            push(at)
    return labels


def test_watershed_equals_the_textbook_where_no_two_are_equal():
    for seed, shape in enumerate([(15, 17), (6, 6, 7), (1, 200), (16, 16)]):
        rng = np.random.default_rng(seed)
        # 256 different priorities at most: none share a level
        priority = rng.permutation(int(np.prod(shape))).reshape(shape)
        mask = rng.random(shape) < 0.8
        seeds = np.zeros(shape, np.int32)
        for label, at in enumerate(rng.permutation(np.argwhere(mask))[:4], 1):
            seeds[tuple(at)] = label
        assert np.array_equal(watershed_from_seeds(priority, seeds, mask), naive_watershed(priority, seeds, mask))


def test_equal_priorities_are_shared_by_distance():
    seeds = np.zeros((11, 21), np.int32)
    seeds[5, 0], seeds[5, 20] = 1, 2
    grown = watershed_from_seeds(np.ones(seeds.shape), seeds, np.ones(seeds.shape, bool))
    assert np.all(grown[:, :10] == 1)
    assert np.all(grown[:, 11:] == 2)


def test_floods_do_not_leave_the_mask_and_unreached_stays_zero():
    mask = np.zeros((7, 7), bool)
    mask[:3], mask[5:] = True, True
    seeds = np.zeros((7, 7), np.int32)
    seeds[1, 1] = 9
    grown = watershed_from_seeds(np.ones((7, 7)), seeds, mask)
    assert np.all(grown[:3] == 9)
    assert not grown[3:].any()


def two_discs(d):
    at = np.indices((24, 44) if d == 2 else (24, 24, 44))
    first = sum((x - c) ** 2 for x, c in zip(at, [12] * (d - 1) + [14], strict=True)) <= 81
    second = sum((x - c) ** 2 for x, c in zip(at, [12] * (d - 1) + [30], strict=True)) <= 81
    return first, second


def test_touching_objects_are_told_apart():
    for d in (2, 3):
        first, second = two_discs(d)
        together = first | second
        inside = np.maximum(ndimage.distance_transform_edt(first), ndimage.distance_transform_edt(second))
        objects = split_objects(together.astype(float), np.clip(inside / 9, 0, 1))
        assert set(np.unique(objects)) == {0, 1, 2}
        assert np.array_equal(objects > 0, together)
        for disc, other in ((first, second), (second, first)):
            own = np.bincount(objects[disc & ~other]).argmax()
            assert (objects[disc & ~other] == own).mean() > 0.98


def test_objects_without_interior_are_kept_and_small_ones_dropped():
    foreground = np.zeros((20, 20))
    foreground[1:6, 1:6] = 1
    foreground[10:18, 10:13] = 1
    foreground[1, 15] = 1
    interior = np.zeros((20, 20))
    interior[3, 3] = 1
    objects = split_objects(foreground, interior, min_size=2)
    assert objects.dtype == np.int32
    assert objects.max() == 2
    assert objects[1, 15] == 0
    assert objects[3, 3] != objects[12, 11] != 0
    assert not split_objects(np.zeros((5, 5)), np.zeros((5, 5))).any()
