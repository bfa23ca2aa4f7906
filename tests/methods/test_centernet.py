"""CenterNet: cells and boxes, what is learnt and what is not, and boxes at their places on the native grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hounsfield.evaluation.scoring import score
from hounsfield.methods.centernet.cells import IGNORED, decode, encode
from hounsfield.methods.centernet.method import METHOD
from hounsfield.methods.centernet.sampling import moved
from hounsfield.ops.augmentation import SpatialDraw, apply_spatial, source_shape
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.seam import Cases
from hounsfield.tasks.detection import TASK
from hounsfield.training.context import FolderContext
from hounsfield.values import (
    Boxes,
    Budget,
    Case,
    Facts,
    Findings,
    Grid,
    Image,
    Lazy,
    Limits,
    Plan,
    Refused,
    Setting,
    Truth,
)

CLASSES = ("bright", "dark")


def lazy(value: Any, name: str) -> Lazy:
    return Lazy(type(value), name, lambda: value, lambda: name)


def case_of(name: str, array: np.ndarray, truth: Boxes | None, grid: Grid | None = None) -> Case:
    grid = grid or Grid.picture(array.shape[1:])
    truths = {} if truth is None else {"boxes": Truth(lazy(truth, f"boxes of {name}"))}
    return Case(name, {"image": lazy(Image.of(array, grid), name)}, truths)


def discs(seed: int, count: int, *, size: int = 64, ignored: int = 0) -> Case:
    """Bright and dark discs on noise; the first ones stand in the truth as not to be counted."""
    rng = np.random.default_rng(seed)
    image = rng.normal(0, 0.1, (1, size, size))
    row, column = np.indices((size, size))
    corners, labels = [], []
    while len(corners) < count:
        radius, place = rng.uniform(5, 8), rng.uniform(9, size - 10, 2)
        if any(np.abs(np.mean(other, axis=0) - place).max() < 18 for other in corners):
            continue
        label = CLASSES[int(rng.integers(2))]
        image[0, np.hypot(row - place[0], column - place[1]) <= radius] += 1.0 if label == "bright" else -1.0
        corners.append([place - radius, place + radius])
        labels.append(label)
    hidden = np.arange(count) < ignored
    boxes = Boxes(np.array(corners).reshape(-1, 2, 2), Grid.picture((size, size)), tuple(labels), ignore=hidden)
    return case_of(f"discs {seed}", image.astype(np.float32), boxes)


def plan_for(cases: Sequence[Case], **wishes: Any) -> Plan:
    facts, _, problems = fingerprint(cases)
    assert not problems
    return METHOD.candidates(facts, Budget(), wishes)[0]


# --- cells ---------------------------------------------------------------------------------------


def test_a_box_is_a_cell_a_size_and_an_offset() -> None:
    # indices 10..17 and 4..9: the middles 13.5 and 6.5 are the cells (13.5 + 0.5) / 4 - 0.5 = 3 and 1.25
    maps = encode(np.array([[[9.5, 3.5], [17.5, 9.5]]]), np.array([1]), (8, 6), (4, 4), 2)
    assert np.argwhere(maps["middle"][0]).tolist() == [[3, 1]]
    assert maps["heatmap"][1, 3, 1] == 1.0
    assert not maps["heatmap"][0].any()
    assert np.count_nonzero(maps["heatmap"] == 1) == 1
    np.testing.assert_allclose(maps["size"][:, 3, 1], (math.log(8 / 4), math.log(6 / 4)), atol=1e-6)
    np.testing.assert_allclose(maps["offset"][:, 3, 1], (0.0, 0.25), atol=1e-6)
    assert maps["known"].all()


@pytest.mark.parametrize("d", [2, 3])
def test_what_is_encoded_is_decoded(d: int) -> None:
    rng = np.random.default_rng(d)
    middles = np.array([[9.3, 30.8, 12.1], [25.9, 8.2, 20.7], [33.4, 33.1, 30.0]])[:, :d]
    sides = rng.uniform(4, 12, (3, d))
    corners, classes = np.stack([middles - sides / 2, middles + sides / 2], axis=1), np.array([0, 1, 1])
    stride = (4, 2, 2)[:d]
    maps = encode(corners, classes, tuple(48 // s for s in stride), stride, 2)
    found, kinds, scores = decode(maps["heatmap"], maps["size"], maps["offset"], stride, lowest=0.999)
    order = np.argsort(found[:, 0, 0])
    np.testing.assert_allclose(found[order], corners, atol=1e-5)
    assert kinds[order].tolist() == [0, 1, 1]
    assert np.all(scores == 1.0)


def test_of_two_objects_in_one_cell_the_smaller_is_told_of() -> None:
    small, large = [[7.5, 7.5], [11.5, 11.5]], [[1.5, 1.5], [17.5, 17.5]]
    for both in ([small, large], [large, small]):
        maps = encode(np.array(both), np.array([0, 0]), (8, 8), (4, 4), 1)
        np.testing.assert_allclose(np.exp(maps["size"][:, 2, 2]), (1, 1), rtol=1e-6)


def test_a_lower_neighbour_is_no_peak() -> None:
    heat = np.zeros((1, 5, 5), np.float32)
    heat[0, 2, 2], heat[0, 2, 3], heat[0, 0, 0] = 0.9, 0.8, 0.04
    nothing = np.zeros((2, 5, 5), np.float32)
    found, _, scores = decode(heat, nothing, nothing, (4, 4), lowest=0.05)
    np.testing.assert_allclose(found, [[[7.5, 7.5], [11.5, 11.5]]])
    np.testing.assert_allclose(scores, [0.9], rtol=1e-6)


# --- losses --------------------------------------------------------------------------------------

Change = Callable[[dict[str, torch.Tensor]], None]


def loss_of(maps: Mapping[str, np.ndarray], change: Change = lambda said: None) -> float:
    """The loss of a network that says the same everywhere, but for a change."""
    said = {"heatmap": torch.full((1, 2, 8, 8), -1.0), "size": torch.ones(1, 2, 8, 8), "offset": torch.ones(1, 2, 8, 8)}
    change(said)
    batch = {name: torch.from_numpy(array)[None] for name, array in maps.items()}
    losses = METHOD.losses(lambda inputs: said, {"image": torch.zeros(1, 1, 32, 32), **batch}, np.random.default_rng(0))
    assert losses.shape == (1,)
    return float(losses)


INSIDE, OUTSIDE = np.array([[7.5, 7.5], [15.5, 15.5]]), np.array([[19.5, 19.5], [27.5, 27.5]])


def test_the_loss_is_that_of_the_paper() -> None:
    # one object alone in a map of one cell: (1 - p)^2 log p, and (1 - 0)^4 p^2 log(1 - p) for the other class
    maps = encode(np.array([[[-0.5, -0.5], [3.5, 3.5]]]), np.array([0]), (1, 1), (4, 4), 2)
    said = {"heatmap": torch.full((1, 2, 1, 1), 0.4), "size": torch.full((1, 2, 1, 1), 0.3)}
    said["offset"] = torch.tensor([0.1, -0.2]).reshape(1, 2, 1, 1)
    batch = {name: torch.from_numpy(array)[None] for name, array in maps.items()}
    loss = METHOD.losses(lambda _: said, {"image": torch.zeros(1, 1, 4, 4), **batch}, np.random.default_rng(0))
    p = 1 / (1 + math.exp(-0.4))
    focal = -((1 - p) ** 2) * math.log(p) - p**2 * math.log(1 - p)
    assert float(loss) == pytest.approx(focal + 0.3 + 0.15, rel=1e-5)


def test_within_ignored_objects_nothing_is_learnt() -> None:
    maps = encode(np.array([INSIDE, OUTSIDE]), np.array([IGNORED, 0]), (8, 8), (4, 4), 2)

    def here(said: dict[str, torch.Tensor]) -> None:
        for name in said:
            said[name][..., 2:4, 2:4] = 3.0

    def there(said: dict[str, torch.Tensor]) -> None:
        said["heatmap"][..., 7, 0] = 3.0

    assert loss_of(maps, here) == loss_of(maps)
    assert loss_of(maps, there) > loss_of(maps)


def test_an_object_within_an_ignored_one_is_still_learnt() -> None:
    corners = np.array([[[3.5, 3.5], [27.5, 27.5]], INSIDE])
    maps = encode(corners, np.array([IGNORED, 0]), (8, 8), (4, 4), 2)

    def seen(said: dict[str, torch.Tensor]) -> None:
        said["heatmap"][0, 0, 2, 2] = 3.0

    assert loss_of(maps, seen) < loss_of(maps)


def test_what_an_ignored_box_is_called_changes_nothing() -> None:
    case = discs(3, 3, ignored=1)
    plan = plan_for([case, discs(4, 3)])
    truth = case.truth(Boxes)
    assert truth is not None
    batches = []
    for name in (*CLASSES, "unheard of"):
        other = replace(truth, labels=(name, *truth.labels[1:]))
        prepared = METHOD.prepare(plan, case_of("one", case.inputs["image"].load().array(), other))
        batches.append(METHOD.batch(plan, [prepared], 0, 0, {}))
    assert not batches[0]["known"].all()
    for batch in batches[1:]:
        assert all(torch.equal(batch[name], batches[0][name]) for name in batch)


@pytest.mark.parametrize(("count", "ignored"), [(0, 0), (2, 2)], ids=["no object", "none that counts"])
def test_an_image_without_objects_has_a_finite_loss(count: int, ignored: int) -> None:
    empty = discs(5, count, ignored=ignored)
    plan = plan_for([empty, discs(6, 3)])
    batch = METHOD.batch(plan, [METHOD.prepare(plan, empty)], 0, 0, {})
    torch.manual_seed(0)
    network = METHOD.network(plan)
    losses = METHOD.losses(lambda inputs: network(**inputs), batch, np.random.default_rng(0))
    assert losses.shape == (plan["batch"],)
    assert torch.isfinite(losses).all()
    losses.mean().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)
    assert batch["known"].all() == (count == 0)


# --- augmentation --------------------------------------------------------------------------------


@pytest.mark.parametrize("flips", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("scale", [0.8, 1.0, 1.25])
def test_boxes_move_with_their_image(flips: tuple[bool, bool], scale: float) -> None:
    patch = (60, 80)
    draw = SpatialDraw((0.0,), scale, (0.0, 0.0), flips, 0.0, 24.0, 0)
    size = source_shape(draw, patch, (1.0, 1.0))
    image = torch.zeros(1, *size)
    image[0, 20:31, 35:51] = 1.0
    shown, _ = apply_spatial(draw, image, out_shape=patch, spacing=(1.0, 1.0))
    rows, columns = np.nonzero(shown[0].numpy() > 0.5)
    seen = [[rows.min() - 0.5, columns.min() - 0.5], [rows.max() + 0.5, columns.max() + 0.5]]
    box = moved(np.array([[[19.5, 34.5], [30.5, 50.5]]]), size, patch, draw)[0]
    np.testing.assert_allclose(box, seen, atol=0.51)  # what is bright begins and ends between elements


# --- answers on the native grid ------------------------------------------------------------------


def sized(plan: Plan, **decided: Any) -> Plan:
    for what, value in decided.items():
        plan = plan.decide(what, value, "by hand")
    return plan


def test_boxes_lie_at_their_places_after_resampling() -> None:
    plan = sized(
        plan_for([discs(7, 3), discs(8, 2)]), spacing=[2.0, 2.0], strides=[[2, 2], [2, 2]], kernels=[[3, 3]] * 2,
        features=[4, 8], level=0, patch=[32, 32],
    )  # fmt: skip

    def forward(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        # 64 x 96 elements are 32 x 48 on the spacing 2, and 16 x 24 cells of two of these
        assert inputs["image"].shape == (1, 1, 32, 48)
        heat, size, offset = np.full((1, 2, 16, 24), -9.0), np.zeros((1, 2, 16, 24)), np.zeros((1, 2, 16, 24))
        heat[0, 1, 3, 5] = math.log(0.8 / 0.2)
        size[0, :, 3, 5], offset[0, :, 3, 5] = (math.log(2), math.log(3)), (0.25, 0.0)
        return {"heatmap": heat, "size": size, "offset": offset}

    findings = METHOD.evidence(plan, forward, case_of("one", np.zeros((1, 64, 96), np.float32), None), Limits())
    # rows: the cell 3.25 is element (3.25 + 0.5) * 2 - 0.5 = 7, two cells wide: 5 to 9, natively (x + 0.5) * 2 - 0.5
    # columns: the cell 5 is element 10.5, three cells wide: 7.5 to 13.5, natively 15.5 to 27.5
    boxes = findings.main
    np.testing.assert_allclose(boxes.corners_index, [[[10.5, 15.5], [18.5, 27.5]]], atol=1e-5)
    assert boxes.labels == ("dark",)
    assert boxes.scores[0] == pytest.approx(0.8)
    assert boxes.grid == Grid.picture((64, 96))


def volume_case() -> Case:
    """A volume whose axes run left, up and back, with slices of 3 mm."""
    affine = np.array([[0, -1.5, 0, 40], [0, 0, -3.0, 50], [1.5, 0, 0, -60], [0, 0, 0, 1.0]])
    grid = Grid((40, 32, 24), affine)
    corners = np.array([[[3.5, 5.5, 8.5], [15.5, 17.5, 13.5]], [[20.5, 18.5, 3.5], [35.5, 29.5, 11.5]]])
    image = np.random.default_rng(0).normal(size=(1, *grid.shape)).astype(np.float32)
    return case_of("volume", image, Boxes(corners, grid, ("bright", "dark")), grid)


def test_boxes_of_a_turned_volume_come_back() -> None:
    case = volume_case()
    plan = plan_for([case], patch_elements=4096, features=[4, 8, 8])
    assert len(plan["spacing"]) == 3
    prepared = METHOD.prepare(plan, case)
    stride = np.prod(plan["strides"][: plan["level"] + 1], axis=0)
    asked = []

    def forward(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        asked.append(inputs["image"].shape)
        cells = tuple(int(n) for n in np.array(inputs["image"].shape[2:]) // stride)
        maps = encode(prepared["corners"], prepared["classes"], cells, stride, 2)
        sure = np.where(maps["heatmap"] == 1, 5.0, -9.0)
        return {"heatmap": sure[None], "size": maps["size"][None], "offset": maps["offset"][None]}

    whole = sized(plan, patch=[64, 64, 64])
    found = METHOD.evidence(whole, forward, case, Limits()).main
    truth = case.truth(Boxes)
    assert truth is not None
    assert len(asked) == 1
    order = np.argsort(found.corners_index[:, 0, 0])
    np.testing.assert_allclose(found.corners_index[order], truth.corners_index, atol=1e-4)
    assert [found.labels[n] for n in order] == list(truth.labels)
    assert found.grid == truth.grid


def test_a_network_of_volumes_learns_and_answers() -> None:
    case = volume_case()
    plan = plan_for([case], patch_elements=4096, features=[4, 8], batch=1)
    batch = METHOD.batch(plan, [METHOD.prepare(plan, case)], 0, 0, {})
    network = METHOD.network(plan)
    assert torch.isfinite(METHOD.losses(lambda inputs: network(**inputs), batch, np.random.default_rng(0))).all()


def test_a_large_image_is_seen_in_windows_each_object_once() -> None:
    plan = plan_for([discs(7, 3), discs(8, 2)])
    plan = sized(plan, spacing=[1.0, 1.0], strides=[[2, 2], [2, 2]], kernels=[[3, 3]] * 2, features=[4, 8], level=1)
    plan = sized(plan, patch=[16, 16], normalisation="range", window=[])
    image = np.zeros((1, 150, 90), np.float32)
    places = [(r, c) for r in range(4, 150, 12) for c in range(4, 90, 12)]
    for r, c in places:
        image[0, r, c] = 1.0
    windows = []

    def forward(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        seen = inputs["image"][0, 0]
        windows.append(seen.shape)
        heat = np.full((1, 2, *(n // 4 for n in seen.shape)), -9.0)
        size, offset = np.full_like(heat, math.log(0.5)), np.zeros_like(heat)
        for place in np.argwhere(seen == 1.0):
            middle = (place + 0.5) / 4 - 0.5
            cell = np.clip(np.rint(middle).astype(int), 0, np.array(heat.shape[2:]) - 1)
            heat[(0, 0, *cell)] = 4.0
            offset[(0, slice(None), *cell)] = middle - cell
        return {"heatmap": heat, "size": size, "offset": offset}

    boxes = METHOD.evidence(plan, forward, case_of("large", image, None), Limits()).main
    assert max(math.prod(shape) for shape in windows) <= 4 * 16 * 16
    found = boxes.corners_index.mean(axis=1)
    assert sorted(map(tuple, np.round(found, 4).tolist())) == sorted((float(r), float(c)) for r, c in places)


def test_boxes_of_one_class_do_not_overlap_much_and_end_with_the_image() -> None:
    plan = sized(plan_for([discs(7, 3), discs(8, 2)]), spacing=[1.0, 1.0], patch=[64, 64])
    stride = int(np.prod(plan["strides"][: plan["level"] + 1], axis=0)[0])

    def forward(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        heat = np.full((1, 2, *(n // stride for n in inputs["image"].shape[2:])), -9.0)
        heat[0, 0, 0, 0], heat[0, 0, 0, 2], heat[0, 1, 0, 2] = 2.0, 1.0, 0.5
        return {"heatmap": heat, "size": np.full_like(heat, math.log(20)), "offset": np.zeros_like(heat)}

    boxes = METHOD.evidence(plan, forward, case_of("one", np.zeros((1, 64, 64), np.float32), None), Limits()).main
    assert boxes.labels == ("bright", "dark")  # a second bright one would be the first, two cells on
    assert boxes.corners_index.min() == -0.5
    assert boxes.corners_index.max() <= 63.5


# --- plans and refusals --------------------------------------------------------------------------


def test_cells_are_small_where_objects_are() -> None:
    def cell(width: float) -> int:
        truth = Boxes(np.array([[[3.0, 3.0], [3.0 + width, 3.0 + width]]]), Grid.picture((64, 64)), ("bright",))
        plan = plan_for([case_of("one", np.zeros((1, 64, 64), np.float32), truth)])
        return int(np.prod(plan["strides"][: plan["level"] + 1], axis=0)[0])

    assert [cell(width) for width in (3, 10, 30)] == [1, 2, 4]


def test_large_objects_allow_a_coarse_spacing() -> None:
    truth = Boxes(np.array([[[10.0, 10.0], [210.0, 210.0]]]), Grid.picture((256, 256)), ("bright",))
    plan = plan_for([case_of("one", np.zeros((1, 256, 256), np.float32), truth)])
    assert plan["spacing"] == [5.0, 5.0]  # 200 / 40


def test_classes_are_those_of_the_boxes_alone() -> None:
    cases = phantom_dataset("cells", cases=4, size=(48, 48)).cases  # which have a diagnosis too
    assert set(plan_for(cases)["classes"]) <= {"round", "long"}


@pytest.mark.parametrize(
    "wish",
    [
        {"patch": [30, 30]},
        {"patch": [32]},
        {"spacing": [1.0, 1.0, 1.0]},
        {"strides": [[2, 2, 2]] * 4},
        {"kernels": [[3, 3]]},
        {"kernels": [[2, 2]] * 4},
        {"level": 7},
        {"flip_axes": [2]},
    ],
    ids=str,
)
def test_sizes_that_do_not_go_together_are_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=next(iter(wish))):
        plan_for([discs(7, 3)], **wish)


def test_cases_without_boxes_are_refused() -> None:
    bare = case_of("bare", np.zeros((1, 32, 32), np.float32), None)
    with pytest.raises(Refused, match="hold no boxes"):
        METHOD.candidates(fingerprint([bare])[0], Budget(), {})
    with pytest.raises(Refused, match="hold no boxes"):
        METHOD.candidates(Facts(), Budget(), {})
    with pytest.raises(Refused, match="bare: has no boxes"):
        METHOD.prepare(plan_for([discs(7, 3)]), bare)


def test_a_case_of_other_dimensions_is_refused() -> None:
    plan = plan_for([discs(7, 3)])
    with pytest.raises(Refused, match="3 dimensions"):
        METHOD.prepare(plan, volume_case())
    with pytest.raises(Refused, match="3 dimensions"):
        METHOD.evidence(plan, lambda inputs: {}, volume_case(), Limits())


# --- learning ------------------------------------------------------------------------------------


def test_a_short_training_finds_discs_better_than_chance(tmp_path: Path) -> None:
    training = [*(discs(seed, 3) for seed in range(14)), discs(14, 0), discs(15, 3, ignored=2)]
    held_out = [discs(100 + seed, 3) for seed in range(10)]
    plan = plan_for(training, features=[8, 16, 16], batch=8, steps=60, validate_every=1000, precision="fp32")
    state = METHOD.fit(plan, Cases(tuple(training)), FolderContext.at(tmp_path))
    trained = METHOD.open(plan, state, Setting())
    answers = [trained.answer(case, Limits()) for case in held_out]

    def precision(pairs: list[tuple[Findings, Case]]) -> float:
        items = score(TASK.metrics[:1], pairs, resamples=0).sets["average_precision"]
        return float(np.mean([items[name].value or 0.0 for name in CLASSES]))

    own = precision(list(zip(answers, held_out, strict=True)))
    others = precision(list(zip(answers, [*held_out[1:], held_out[0]], strict=True)))
    assert own > 0.6
    assert others < 0.2
