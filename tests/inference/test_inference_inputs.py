"""What a network is shown: images normalised, label maps as a channel for the background and each label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hounsfield.inference.images import load_images, load_inputs, masks_of, network_input
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.planning.images import image_rules
from hounsfield.values import Case, Facts, Grid, Image, LabelMap, Lazy, Plan, Refused, Series

GRID = Grid.regular((4, 4, 4), 2.0)
ARRAY = np.random.default_rng(0).integers(0, 3, GRID.shape).astype(np.uint8)
LABELS = LabelMap(np.where(ARRAY == 2, 7, ARRAY), GRID, {1: "a", 7: "b"})
IMAGE = Image.of(np.random.default_rng(1).normal(100, 20, GRID.shape), GRID, "CT")


def lazy(value: Any) -> Lazy[Any]:
    return Lazy(type(value), "memory", lambda: value, lambda: "00")


def case_of(**inputs: Any) -> Case:
    return Case("case", {role: lazy(value) for role, value in inputs.items()})


def plan_for(case: Case, spacing: float = 2.0) -> Plan:
    plan = Plan("unet", "segmentation").decide("spacing", [spacing] * 3, "in a test")
    for decision in image_rules(fingerprint([case])[0]):
        plan = plan.decide(decision.what, decision.value, decision.why)
    return plan


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_inputs_show_a_label_map_as_masks(modality: str) -> None:
    """Whatever the images are normalised by, the masks stay 0 and 1."""
    case = case_of(first=LABELS, image=Image.of(IMAGE.array(), GRID, modality))
    plan = plan_for(case)
    assert (plan["inputs"], plan["channels"]) == (["image", "first"], 4)
    shown, grid, native = network_input(plan, case)
    assert (grid, native) == (GRID, GRID)
    assert abs(float(shown[0].mean())) < 0.1
    assert float(shown[0].std()) == pytest.approx(1, abs=0.2)
    for channel, value in zip(shown[1:], (0, 1, 7), strict=True):
        assert np.array_equal(channel, LABELS.array == value)


def test_inputs_show_the_image_as_they_did_without_the_label_map() -> None:
    alone, both = case_of(image=IMAGE), case_of(image=IMAGE, first=LABELS)
    assert np.array_equal(network_input(plan_for(alone), alone)[0][0], network_input(plan_for(both), both)[0][0])


def test_inputs_on_a_coarser_grid_are_shares() -> None:
    case = case_of(image=IMAGE, first=LABELS)
    shown, grid, _ = network_input(plan_for(case, spacing=4.0), case)
    assert grid.shape == (2, 2, 2)
    assert shown[1:].sum(axis=0) == pytest.approx(np.ones(grid.shape), abs=1e-6)
    assert len(np.unique(shown[1:])) > 2


def test_inputs_know_the_unknown_from_the_background() -> None:
    array = LABELS.array.copy()
    array[0] = 255
    masks = masks_of(LabelMap(array, GRID, LABELS.labels, ignore=255))
    assert not masks[:, 0].any()
    assert np.array_equal(masks.sum(axis=0)[1:], np.ones((3, 4, 4)))
    unnamed = masks_of(LabelMap(np.zeros(GRID.shape, np.uint8), GRID, LABELS.labels, ignore=0))
    assert not unnamed.any()


def test_inputs_of_label_maps_alone_are_shown() -> None:
    both = case_of(image=IMAGE, first=LABELS)
    plan = plan_for(both).decide("inputs", ["first"], "in a test").decide("channels", 3, "in a test")
    assert network_input(plan, both)[0].shape == (3, 4, 4, 4)


def test_inputs_of_another_number_of_labels_are_refused() -> None:
    plan = plan_for(case_of(image=IMAGE, first=LABELS))
    more = LabelMap(LABELS.array, GRID, {1: "a", 7: "b", 8: "c"})
    with pytest.raises(Refused, match="has 5 channels, and the model was made for 4"):
        network_input(plan, case_of(image=IMAGE, first=more))


def test_inputs_take_the_only_image_for_the_only_image_role() -> None:
    other = Image.of(np.zeros(GRID.shape), GRID)
    assert load_inputs(case_of(scan=IMAGE), ["image"]) == [IMAGE]
    assert load_inputs(case_of(scan=IMAGE, first=LABELS), ["image", "first"]) == [IMAGE, LABELS]
    assert load_inputs(case_of(image=other, scan=IMAGE), ["image"]) == [other]
    refused: list[tuple[dict[str, Any], list[str]]] = [
        ({"scan": IMAGE, "other": other}, ["image"]),
        ({"image": IMAGE, "other": other}, ["image", "t2"]),
        ({"scan": IMAGE}, ["image", "first"]),
        ({"image": IMAGE}, ["image", "first"]),
        ({}, ["image"]),
    ]
    for inputs, roles in refused:
        with pytest.raises(Refused, match="has no input"):
            load_inputs(case_of(**inputs), roles)


def test_inputs_that_are_no_images_are_refused() -> None:
    series = Series(np.zeros(1), np.zeros((1, 1), np.float32), ("x",))
    with pytest.raises(Refused, match="a Series as image"):
        load_inputs(case_of(image=series), ["image"])
    with pytest.raises(Refused, match="labels where an image is needed"):
        load_images(case_of(fixed=LABELS), ["fixed"])


def test_inputs_that_nobody_can_count_are_left_out() -> None:
    """A stage's answers of which nothing is known beforehand."""
    facts = fingerprint([case_of(image=IMAGE)])[0].merge(Facts(words={"kinds": ("first=LabelMap",)}))
    decided = {decision.what: decision.value for decision in image_rules(facts)}
    assert (decided["inputs"], decided["channels"]) == (["image"], 1)
