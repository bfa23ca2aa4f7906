"""Label maps: names, regions, the unknown, and objects."""

import numpy as np
import pytest
from evaluation_cases import case_of, label_map, rows_of, values_of

from hounsfield.evaluation.overlap import dice
from hounsfield.evaluation.segmentation import (
    DICE,
    FOREGROUND_DICE,
    HD95,
    INSTANCE_AP,
    LESION_F1,
    NSD,
    VOLUME_ERROR,
    nsd_at,
)
from hounsfield.values import Findings, Grid, LabelMap, Refused

ALL = (DICE, FOREGROUND_DICE, NSD, HD95, VOLUME_ERROR, LESION_F1, INSTANCE_AP)


def test_structures_are_matched_by_name_not_by_value():
    truth = label_map([[1, 1, 2, 0]], labels={1: "left", 2: "right"})
    found = label_map([[7, 7, 3, 0]], labels={3: "right", 7: "left"})
    assert values_of(DICE, found, truth) == {"left": 1.0, "right": 1.0}


def test_regions_overlap_and_are_put_together_from_labels():
    truth = label_map([[1, 1, 2, 3]], labels={1: "edema", 2: "core", 3: "enhancing"},
                      regions={"whole": frozenset({1, 2, 3}), "tumour": frozenset({2, 3})})  # fmt: skip
    found = label_map([[1, 2, 2, 2]], labels={1: "edema", 2: "core", 3: "enhancing"})
    expected = {"edema": 2 / 3, "core": 1 / 2, "enhancing": 0.0, "whole": 1.0, "tumour": 4 / 5}
    assert values_of(DICE, found, truth) == pytest.approx(expected)
    named = label_map([[9, 5, 5, 5]], labels={9: "edema"}, regions={"tumour": frozenset({5})})
    assert values_of(DICE, named, truth)["tumour"] == pytest.approx(4 / 5)


def test_a_structure_the_answer_lacks_is_empty_in_it():
    truth = label_map([[1, 2]], labels={1: "left", 2: "right"})
    found = label_map([[1, 0]], labels={1: "left"})
    assert values_of(DICE, found, truth) == {"left": 1.0, "right": 0.0}


def test_foreground_joins_all_labels():
    truth = label_map([[1, 2, 0, 255]], labels={1: "left", 2: "right"}, ignore=255)
    found = label_map([[2, 0, 0, 1]], labels={1: "left", 2: "right"})
    assert values_of(FOREGROUND_DICE, found, truth) == {"foreground": pytest.approx(2 / 3)}


def test_structures_on_random_maps_equal_masks_of_the_whole_image():
    rng = np.random.default_rng(5)
    for _ in range(100):
        shape = tuple(rng.integers(1, 8, size=3))
        arrays = [rng.choice([-3, 0, 0, 0, 1, 2, 9], size=shape) for _ in range(2)]
        more = {"labels": {-3: "n", 1: "a", 2: "b"}, "regions": {"ab": frozenset({1, 2})}, "ignore": 9}
        found, truth = (label_map(array, **more) for array in arrays)
        known = arrays[1] != 9
        expected = {
            name: dice(found.structures()[name] & known, mask & known) for name, mask in truth.structures().items()
        }
        assert values_of(DICE, found, truth) == pytest.approx(expected, nan_ok=True)


def test_what_is_said_where_the_truth_is_unknown_changes_nothing():
    rng = np.random.default_rng(6)
    for _ in range(40):
        shape = tuple(rng.integers(2, 9, size=rng.integers(2, 4)))
        truth_array = rng.choice([0, 0, 1, 2, 255], size=shape)
        objects = np.where(truth_array == 255, 0, rng.integers(1, 4, size=shape))
        labels = {1: "a", 2: "b"}
        truth = label_map(truth_array, labels=labels, ignore=255, instances=objects)
        first = rng.choice([0, 1, 2], size=shape)
        second = np.where(truth_array == 255, rng.choice([0, 1, 2], size=shape), first)
        numbers = rng.integers(1, 4, size=shape)
        for metric in ALL:
            answers = [label_map(array, labels=labels, instances=numbers) for array in (first, second)]
            assert values_of(metric, answers[0], truth) == pytest.approx(
                values_of(metric, answers[1], truth), nan_ok=True
            ), metric.name


def test_an_answer_on_another_grid_or_with_other_names_is_refused():
    truth = label_map(np.ones((4, 4), int))
    for found in (
        label_map(np.ones((4, 5), int)),
        label_map(np.ones((4, 4), int), spacing=2.0),
        label_map(np.ones((4, 4), int), labels={1: "other"}),
    ):
        for metric in (DICE, FOREGROUND_DICE, HD95):
            with pytest.raises(Refused, match="case-7: the answer"):
                metric.items(Findings(found), case_of(truth, id="case-7"))


def test_a_picture_may_know_its_pixel_spacing_when_its_mask_does_not():
    array = np.array([[1, 0], [0, 0]])
    found = LabelMap(array, Grid.picture((2, 2), 0.3), {1: "organ"})
    truth = LabelMap(array, Grid.picture((2, 2)), {1: "organ"})
    assert values_of(DICE, found, truth) == {"organ": 1.0}


def test_no_truth_no_rows():
    for metric in ALL:
        assert metric.items(Findings(label_map([[1]])), case_of()) == []


def test_the_tolerance_can_be_chosen():
    found, truth = label_map([[1, 0, 0, 0]]), label_map([[0, 0, 0, 1]])
    assert values_of(nsd_at(2), found, truth) == {"organ": 0.0}
    assert values_of(nsd_at(3), found, truth) == {"organ": 1.0}
    assert nsd_at(2.5).name == "nsd_2.5"


def test_volume_rows_say_percent_sign_and_volume():
    found, truth = label_map([[1, 0, 0, 0]], (2, 3)), label_map([[0, 1, 1, 1]], (2, 3))
    [row] = VOLUME_ERROR.items(Findings(found), case_of(truth))
    assert row.numbers == pytest.approx((200 / 3, -200 / 3, -12.0))


def naive_objects(found: np.ndarray, truth: np.ndarray) -> tuple[int, int, int]:
    found_objects = [found == n for n in np.unique(found) if n > 0]
    true_objects = [truth == n for n in np.unique(truth) if n > 0]
    hits = sum(2 * (a & b).sum() > (a | b).sum() for a in found_objects for b in true_objects)
    return hits, len(found_objects) - hits, len(true_objects) - hits


def test_objects_on_random_maps():
    rng = np.random.default_rng(7)
    pairs, expected = [], np.zeros(3)
    for _ in range(100):
        truth_objects = np.kron(rng.integers(0, 5, size=(3, 3)), np.ones((3, 3), int))
        found_objects = np.where(rng.random((9, 9)) < 0.25, rng.integers(0, 5, size=(9, 9)), truth_objects)
        found, truth = (
            label_map((objects > 0).astype(int), instances=objects) for objects in (found_objects, truth_objects)
        )
        expected += naive_objects(found_objects, truth_objects)
        pairs.append((found, truth))
    rows = rows_of(INSTANCE_AP, *pairs)
    assert np.sum([row.numbers for row in rows], axis=0) == pytest.approx(expected)
    assert expected.min() > 20
    assert INSTANCE_AP.pool(rows) == pytest.approx(expected[0] / expected.sum())


@pytest.mark.parametrize(
    ("found", "truth", "expected"),
    [
        ([1, 1, 0, 2], [5, 5, 0, 9], 1.0),  # numbers of objects mean nothing
        ([1, 1, 1, 1], [5, 5, 0, 9], 0.0),  # joined: half of it is no match
        ([1, 1, 0, 0], [5, 5, 0, 9], 1 / 2),
        ([1, 1, 2, 0], [5, 5, 0, 0], 1 / 2),
        ([1, 2, 0, 0], [5, 5, 0, 0], 0.0),  # each half has an IoU of one half, not above
        ([1, 1, 0, 0], [5, 5, 5, 0], 1.0),
        ([0, 0, 0, 0], [5, 0, 0, 0], 0.0),
        ([0, 0, 0, 0], [0, 0, 0, 0], None),
    ],
)
def test_objects_by_hand(found, truth, expected):
    maps = [label_map((np.array([x]) > 0).astype(int), instances=np.array([x])) for x in (found, truth)]
    assert INSTANCE_AP.pool(rows_of(INSTANCE_AP, (maps[0], maps[1]))) == expected


def test_an_answer_without_objects_has_its_components():
    truth = label_map([[1, 1, 0, 1]], instances=np.array([[1, 1, 0, 2]]))
    assert INSTANCE_AP.pool(rows_of(INSTANCE_AP, (label_map([[1, 1, 0, 1]]), truth))) == 1.0
    assert rows_of(INSTANCE_AP, (truth, label_map([[1, 1, 0, 1]]))) == []  # the truth tells no objects apart
