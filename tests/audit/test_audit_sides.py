"""Left and right: images that lie in a mirror, labels of the two sides exchanged, one of image and label flipped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted import Pair, case, found, ids, torsos, turned_over
from planted import mirrored as both_mirrored
from scipy import ndimage

from hounsfield.audit.checks import flipped, label_values, mirrored
from hounsfield.layouts.opening import open_folder
from hounsfield.registry.tables import LAYOUTS
from hounsfield.values import Case, Grid, Image, LabelMap


def chest(seed: int, *, is_turned: bool = False) -> Case:
    """A radiograph as a child would draw it: two dark lungs, and the heart at the right of the picture."""
    rng = np.random.default_rng(seed)
    down, across = np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 50), indexing="ij")
    at, width = rng.normal(0, 0.03, 2), rng.normal(1, 0.05)
    lungs = sum(np.hypot((across - side - at[0]) / 0.3 / width, (down - at[1]) / 0.7) < 1 for side in (-0.45, 0.45))
    heart = np.hypot((across - 0.2 - at[0]) / 0.3, (down - 0.3 - at[1]) / 0.3 / width) < 1
    shown = 150 - 90 * lungs * ~heart + 40 * heart
    shown = ndimage.gaussian_filter(shown.astype(float), 1) + rng.normal(0, 8, shown.shape)
    shown = shown[:, ::-1] if is_turned else shown
    return case(f"c{seed}", Image.of(np.ascontiguousarray(shown, np.float32), Grid.picture(shown.shape)))


def test_a_radiograph_that_hangs_the_wrong_way_round() -> None:
    """The heart's side shows it in a thumbnail."""
    assert found(flipped.CHECK, [chest(n) for n in range(30)]) == ()
    (fault,) = found(flipped.CHECK, [chest(n, is_turned=n == 7) for n in range(30)])
    assert (fault.cases, fault.where) == (("c7",), "image/c7")
    assert "left and right seem exchanged" in fault.what
    assert "side" in fault.remedy


def test_a_set_of_either_side_has_no_right_way_round() -> None:
    assert found(flipped.CHECK, [chest(n, is_turned=n % 3 == 0) for n in range(30)]) == ()


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    """Torsos with a kidney at each side, which the phantom calls by one name; the left one is 6."""
    sided = []
    for pair in torsos(30, (32, 28, 36)):
        array = pair.labels.array.copy()
        kidneys = np.argwhere(array == 4)
        world = pair.labels.grid.to_world(kidneys)
        spine = pair.labels.grid.to_world(np.argwhere(array == 5)).mean(axis=0)
        array[tuple(kidneys[world[:, 0] < spine[0]].T)] = 6
        sided.append(Pair(pair.image, replace(pair.labels, array=array, labels={**pair.labels.labels, 6: "left"})))
    return sided


def labelled(pairs: list[Pair], odd: Pair | None = None) -> list[Case]:
    clean = [case(f"c{n}", pair.image, pair.labels) for n, pair in enumerate(pairs)]
    return clean if odd is None else [*clean[:-1], case("odd", odd.image, odd.labels)]


def test_the_labels_of_two_sides_exchanged(pairs) -> None:
    assert found(label_values.CHECK, labelled(pairs)) == ()
    array = pairs[-1].labels.array
    swapped = pairs[-1].changed(labels=np.where(array == 4, 6, np.where(array == 6, 4, array)).astype(array.dtype))
    (fault,) = found(label_values.CHECK, labelled(pairs, swapped))
    assert fault.cases == ("odd",)
    assert fault.what == "seems to have 4 (kidney) and 6 (left) exchanged"


@pytest.mark.parametrize("check", [flipped, mirrored])
def test_clean_torsos_have_no_fault(check, pairs) -> None:
    assert found(check.CHECK, labelled(pairs)) == ()


@pytest.mark.parametrize(("axis", "words"), [(0, "left and right"), (1, "front and back"), (2, "below and above")])
def test_an_image_flipped_without_its_labels(pairs, axis, words) -> None:
    last = pairs[-1]
    along = int(np.argmax(np.abs(last.image.grid.affine[axis, :3])))
    odd = last.changed(image=np.flip(last.image.array(), 1 + along))
    (fault,) = found(mirrored.CHECK, labelled(pairs, odd))
    assert (fault.where, fault.cases) == ("labels/odd", ("odd",))
    assert fault.what == (
        f"fits its image image/odd better in a mirror, with {words} exchanged; the others fit as they lie"
    )
    assert "flip" in fault.remedy


def test_masks_of_pictures_flipped_upside_down() -> None:
    cases = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        grid = Grid.picture((48, 40))
        mask = np.hypot(*(np.indices(grid.shape) - rng.uniform(10, 16, 2)[:, None, None])) < 8
        image = Image.of((100 * mask + rng.normal(0, 15, mask.shape)).astype(np.float32), grid)
        labels = LabelMap((mask[::-1] if seed == 5 else mask).astype(np.uint8), grid, {1: "cell"})
        cases.append(case(f"c{seed}", image, labels))
    (fault,) = found(mirrored.CHECK, cases)
    assert fault.cases == ("c5",)
    assert "above and below exchanged" in fault.what


@pytest.mark.data
def test_real_sets_are_not_named_and_planted_cases_among_them_are(data_root) -> None:
    """Each hippocampus fits its labels; the crops are so much alike that they all seem to be of one side."""
    layouts = {"decathlon": LAYOUTS.load("decathlon")}
    cases = [one for one in open_folder(data_root / "hippocampus", layouts) if one.truths][:40]
    assert found(mirrored.CHECK, cases) == found(flipped.CHECK, cases) == ()
    pair = Pair(cases[0].inputs["image"].load(), cases[0].truth(LabelMap)).opened()
    for check, spoil in ((mirrored, turned_over), (flipped, both_mirrored)):
        odd = spoil(pair, np.random.default_rng(0))
        assert ids(found(check.CHECK, [*cases[1:], case("odd", odd.image, odd.labels)])) == ["odd"]
