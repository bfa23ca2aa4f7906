"""Each check on images: a planted example that is found, a clean set that is not named, and what is said."""

from __future__ import annotations

import re

import numpy as np
import pytest
from planted import Pair, case, constant, copied_image, found, ids, mirrored, negative, torsos
from scipy import ndimage

from hounsfield.audit.checks import apart, copied, flat, flipped, inverted, numbers, orientation, outliers
from hounsfield.values import Grid, Image

SIZE = (20, 18, 24)


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return torsos(16, SIZE)


def clean(pairs: list[Pair]) -> list:
    return [case(f"c{n}", pair.image, pair.labels) for n, pair in enumerate(pairs)]


def with_one(pairs: list[Pair], spoilt: Pair) -> list:
    return [*clean(pairs)[:-1], case("odd", spoilt.image, spoilt.labels)]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("check", [apart, copied, flat, flipped, inverted, numbers, orientation, outliers])
def test_clean_torsos_have_no_fault(check, pairs) -> None:
    assert found(check.CHECK, clean(pairs)) == ()


def test_what_is_no_number_is_counted(pairs) -> None:
    array = pairs[-1].image.array().copy()
    array[0, 0, 0, :3] = np.nan
    array[0, 5, 5, 5] = -np.inf
    (fault,) = found(numbers.CHECK, with_one(pairs, pairs[-1].changed(image=array)))
    assert fault.cases == ("odd",)
    assert fault.what == f"has 3 NaN and 1 infinite of {array.size} elements (0.046 %)"
    assert fault.sure == 1


def test_nan_in_most_images_is_a_habit(pairs) -> None:
    cases = []
    for number, pair in enumerate(pairs):
        array = pair.image.array().copy()
        array[0, 0] = np.nan
        cases.append(case(f"c{number}", pair.changed(image=array).image))
    faults = found(numbers.CHECK, cases)
    assert len(faults) == len(pairs)
    assert {fault.sure for fault in faults} == {0.5}


def test_an_image_that_shows_nothing(pairs) -> None:
    (fault,) = found(flat.CHECK, with_one(pairs, constant(pairs[-1], rng())))
    assert fault.cases == ("odd",)
    assert "everywhere" in fault.what
    noise = np.random.default_rng(0).normal(3000, 0.1, pairs[-1].image.grid.shape)
    (nearly,) = found(flat.CHECK, with_one(pairs, pairs[-1].changed(image=noise)))
    assert nearly.what.startswith("is nearly the same everywhere")


def test_a_single_constant_image_is_found_alone() -> None:
    image = Image.of(np.zeros((4, 5, 6), np.uint8), Grid.regular((4, 5, 6)))
    assert ids(found(flat.CHECK, [case("a", image)])) == ["a"]


def test_a_negative_among_positives(pairs) -> None:
    (fault,) = found(inverted.CHECK, with_one(pairs, negative(pairs[-1], rng())))
    assert fault.cases == ("odd",)
    assert fault.where == "image/odd"
    assert fault.sure > 0.9


def test_copies_of_one_image_do_not_tell_what_others_are_like(pairs) -> None:
    """As in a folder of test files: one image in six encodings, and another one that is darker in the middle."""
    copies = [case(f"c{n}", pairs[0].image) for n in range(6)]
    odd = case("odd", negative(pairs[1], rng()).image)
    assert found(inverted.CHECK, [*copies, odd]) == found(flipped.CHECK, [*copies, odd]) == ()


def test_pictures_of_different_things_are_no_negatives_of_each_other() -> None:
    noise = np.random.default_rng(0).uniform(size=(30, 24, 24)).astype(np.float32)
    cases = [case(f"c{n}", Image.of(array, Grid.picture(array.shape))) for n, array in enumerate(noise)]
    assert found(inverted.CHECK, cases) == ()
    assert found(flipped.CHECK, cases) == ()


def test_a_torso_the_wrong_way_round() -> None:
    many = torsos(24, (32, 28, 36))
    (fault,) = found(flipped.CHECK, with_one(many, mirrored(many[-1], rng())))
    assert fault.cases == ("odd",)
    assert "left and right" in fault.what


def test_a_label_file_that_is_the_image(pairs) -> None:
    (fault,) = found(copied.CHECK, with_one(pairs, copied_image(pairs[-1], rng())))
    assert (fault.where, fault.cases) == ("labels/odd", ("odd",))
    assert "image/odd" in fault.what


def test_other_axes_than_all_others(pairs) -> None:
    """Phantoms lie in many ways; here all are brought to RAS but one."""
    cases = []
    for number, pair in enumerate(pairs):
        affine = np.diag([6.0, 6, 6, 1]) if number else np.diag([-6.0, -6, 6, 1])
        cases.append(case(f"c{number}", pair.changed(grid=Grid(pair.image.grid.shape, affine)).image))
    (fault,) = found(orientation.CHECK, cases)
    assert fault.cases == ("c0",)
    assert "LPS" in fault.what
    assert "15 of 16 have RAS" in fault.what


@pytest.mark.parametrize(("factor", "axis"), [(2, "from below to above"), (0.2, "from left to right")])
def test_a_spacing_unlike_the_others(pairs, factor, axis) -> None:
    affine = pairs[-1].image.grid.affine.copy()
    affine[:3, 2 if factor == 2 else 0] *= factor
    faults = found(outliers.CHECK, with_one(pairs, pairs[-1].changed(grid=Grid(SIZE, affine))))
    assert ids(faults) == ["odd"]
    assert any("between elements " + axis in fault.what for fault in faults)


def test_intensities_in_other_units(pairs) -> None:
    (fault,) = found(outliers.CHECK, with_one(pairs, pairs[-1].changed(image=pairs[-1].image.array() * 1000)))
    assert fault.cases == ("odd",)
    assert "intensities" in fault.what


def test_two_kinds_of_images_are_not_odd(pairs) -> None:
    cases = [
        case(f"c{n}", pair.changed(image=pair.image.array() * (1 if n < 9 else 1000)).image)
        for n, pair in enumerate(pairs)
    ]
    assert found(outliers.CHECK, cases) == ()


def blob(seed: int = 0, contrast: float = 0.5) -> np.ndarray:
    """A body of 40 x 40 x 40 with a texture of its own."""
    index = np.indices((40, 40, 40))
    body = np.exp(-sum(((x - 20) / s) ** 2 for x, s in zip(index, (9, 7, 12), strict=True)))
    texture = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=body.shape), 2)
    return (body * (1 + contrast * texture / texture.std())).astype(np.float32)


def test_images_of_one_case_that_lie_apart() -> None:
    """The same body; the second header says that it lies 24 mm further up."""
    here = Image.of(blob(), Grid.regular((40, 40, 40), 2.0))
    there = Image.of(blob(), Grid.regular((40, 40, 40), 2.0, (0, 0, 24)))
    (fault,) = found(apart.CHECK, [case("a", here, second=there)])
    assert (fault.where, fault.cases) == ("second/a", ("a",))
    assert "shifted by 24 mm" in fault.what
    assert found(apart.CHECK, [case("a", here, second=here)]) == ()


def turn(degrees: float) -> np.ndarray:
    """About the axis from below to above."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


@pytest.mark.parametrize(
    ("linear", "words"),
    [
        (turn(90), "turned by 90°"),
        (turn(25), "turned by 2[4-6]°"),
        (turn(180) @ np.diag([1.0, 1, -1]), "mirrored|turned"),
        (np.diag([1.0, -1, 1]), "mirrored, with front and back exchanged"),
        (np.diag([1.0, 1, 2.5]), "scaled by"),
    ],
)
def test_images_of_one_case_that_are_turned_or_scaled(linear, words) -> None:
    """The same body; the second header turns it about its middle, or says another spacing."""
    here = Grid.regular((40, 40, 40), 2.0)
    body, middle = blob(contrast=2), np.full(3, 39.0)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = 2 * linear, middle - linear @ middle
    (fault,) = found(apart.CHECK, [case("a", Image.of(body, here), second=Image.of(body, Grid((40,) * 3, affine)))])
    assert (fault.where, fault.cases) == ("second/a", ("a",))
    assert re.search(words, fault.what)
    assert found(apart.CHECK, [case("a", Image.of(body, here), second=Image.of(-body, here))]) == ()


def test_another_body_lies_not_apart() -> None:
    here = Grid.regular((40, 40, 40), 2.0)
    assert found(apart.CHECK, [case("a", Image.of(blob(0, 2), here), second=Image.of(blob(1, 2), here))]) == ()


def test_an_image_of_another_case_among_two_contrasts() -> None:
    """Second images that are dark where the first are bright, and other noise; in one case it is another body's."""
    grid = Grid.regular((24, 24, 24), 2.0)
    bodies = [blob(seed, 2)[8:32, 8:32, 8:32] for seed in range(9)]
    noise = np.random.default_rng(0).normal(0, 0.3, (9, 24, 24, 24))

    def cases(order: list[int]) -> list:
        second = [Image.of((bodies[n].max() - bodies[n] + noise[n]).astype(np.float32), grid) for n in order]
        return [case(f"c{n}", Image.of(bodies[n], grid), second=second[n]) for n in range(9)]

    assert found(apart.CHECK, cases(list(range(9)))) == ()
    (fault,) = found(apart.CHECK, cases([0, 1, 2, 3, 5, 5, 6, 7, 8]))
    assert (fault.where, fault.cases) == ("second/c4", ("c4",))
    assert fault.what.startswith("fits image/c4 less than such images fit in the other cases")


def test_images_that_do_not_overlap() -> None:
    here = Image.of(blob(), Grid.regular((40, 40, 40)))
    there = Image.of(blob(), Grid.regular((40, 40, 40), 1.0, 500.0))
    (fault,) = found(apart.CHECK, [case("a", here, second=there)])
    assert "do not overlap" in fault.what


def test_another_contrast_on_the_same_place_lies_not_apart() -> None:
    body = blob()
    dark = np.where(body > 0.05, body.max() - body, 0)
    grid = Grid.regular(body.shape)
    assert found(apart.CHECK, [case("a", Image.of(body, grid), second=Image.of(dark, grid))]) == ()


def test_a_small_crop_of_the_same_body_lies_not_apart() -> None:
    body = blob()
    crop = Image.of(body[12:28, 12:28, 12:28], Grid.regular((16, 16, 16), 1.0, 12.0))
    assert found(apart.CHECK, [case("a", Image.of(body, Grid.regular(body.shape)), second=crop)]) == ()
