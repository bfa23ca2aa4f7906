"""Each check on label maps: a planted example that is found, a clean set that is not named, and what is said."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from planted import Pair, case, found, torsos

from hounsfield.audit.checks import enclosure, grids, label_types, label_values, stray
from hounsfield.audit.checks.stray import far_pieces
from hounsfield.layouts import lazies
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.values import Case, Grid, Image, LabelMap, Truth


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return torsos(24, (20, 18, 24))


def labelled(pairs: list[Pair], **odd: LabelMap) -> list[Case]:
    """The cases; the last ones with other label maps."""
    clean = [case(f"c{n}", pair.image, pair.labels) for n, pair in enumerate(pairs)]
    return [*clean[: len(pairs) - len(odd)], *(case(name, pairs[-1].image, labels) for name, labels in odd.items())]


def with_array(labels: LabelMap, array: np.ndarray) -> LabelMap:
    return replace(labels, array=array)


@pytest.mark.parametrize("check", [enclosure, grids, label_types, label_values, stray])
def test_clean_torsos_have_no_fault(check, pairs) -> None:
    assert found(check.CHECK, labelled(pairs)) == ()
    assert found(check.CHECK, labelled(pairs)[:1]) == ()


def test_a_value_that_is_no_label(pairs) -> None:
    labels = pairs[-1].labels
    array = labels.array.copy()
    array[0, 0, 0] = 9
    (fault,) = found(label_values.CHECK, labelled(pairs, odd=with_array(labels, array)))
    assert (fault.where, fault.cases) == ("labels/odd", ("odd",))
    assert fault.what == "holds the value 9, which no label has"


def test_a_value_that_nobody_named_in_any_case_is_said_once(pairs) -> None:
    cases = []
    for number, pair in enumerate(pairs):
        names = {value: word for value, word in pair.labels.labels.items() if value != 3}
        cases.append(case(f"c{number}", pair.image, replace(pair.labels, labels=names)))
    (fault,) = found(label_values.CHECK, cases)
    assert (fault.where, fault.cases) == ("set", ())
    assert "the value 3, which has no name" in fault.what


def test_without_names_only_a_rare_value_is_strange(pairs) -> None:
    cases = [case(f"c{n}", p.image, replace(p.labels, labels={})) for n, p in enumerate(pairs)]
    assert found(label_values.CHECK, cases) == ()
    array = pairs[-1].labels.array.copy()
    array[array == 5] = 7
    odd = case("odd", pairs[-1].image, replace(pairs[-1].labels, array=array, labels={}))
    said = {fault.what.split(",")[0] for fault in found(label_values.CHECK, [*cases[:-1], odd])}
    assert said == {"holds the value 7", "lacks label 5"}


def test_a_label_that_all_others_have(pairs) -> None:
    labels = pairs[-1].labels
    array = np.where(labels.array == 2, 0, labels.array)
    (fault,) = found(label_values.CHECK, labelled(pairs, odd=with_array(labels, array)))
    assert fault.cases == ("odd",)
    assert fault.what == "lacks 2 (liver), which 23 of the other 23 label maps have"


def test_a_label_that_many_lack_is_missed_in_none(pairs) -> None:
    cases = []
    for number, pair in enumerate(pairs):
        array = np.where(pair.labels.array == 2, 0, pair.labels.array) if number < 6 else pair.labels.array
        cases.append(case(f"c{number}", pair.image, with_array(pair.labels, array)))
    assert found(label_values.CHECK, cases) == ()


def test_an_empty_label_map(pairs) -> None:
    empty = with_array(pairs[-1].labels, np.zeros_like(pairs[-1].labels.array))
    (fault,) = found(label_values.CHECK, labelled(pairs, odd=empty))
    assert fault.cases == ("odd",)
    assert fault.what.startswith("is empty")


def test_two_labels_exchanged(pairs) -> None:
    labels = pairs[-1].labels
    swapped = np.choose(labels.array, [0, 1, 3, 2, 4, 5]).astype(np.uint8)
    (fault,) = found(label_values.CHECK, labelled(pairs, odd=with_array(labels, swapped)))
    assert fault.cases == ("odd",)
    assert fault.what == "seems to have 2 (liver) and 3 (spleen) exchanged"


def test_cells_of_a_kind_that_some_pictures_lack_are_not_missed() -> None:
    """Phantoms of cells without a fault: some show none at all, some none of a kind."""
    for seed in (0, 1):
        cells = phantom_dataset("cells", cases=40, seed=seed)
        assert any(not one.truth(LabelMap).array.any() for one in cells)
        assert found(label_values.CHECK, cells) == ()


def test_what_is_unknown_is_no_label(pairs) -> None:
    labels = pairs[-1].labels
    array = labels.array.copy()
    array[0] = 255
    assert found(label_values.CHECK, labelled(pairs, odd=replace(labels, array=array, ignore=255))) == ()


def test_elements_far_from_their_body(pairs) -> None:
    labels = pairs[-1].labels
    array = labels.array.copy()
    corner = tuple(0 if m > n / 2 else n - 1 for m, n in zip(np.argwhere(array == 2).mean(0), array.shape, strict=True))
    array[corner] = 2
    (fault,) = found(stray.CHECK, labelled(pairs, odd=with_array(labels, array)))
    assert fault.cases == ("odd",)
    assert fault.what.startswith("has 1 element of liver up to ")
    assert fault.at == corner


def test_how_far_pieces_lie() -> None:
    mask = np.zeros((300, 20, 20), bool)
    mask[:10, 5:15, 5:15] = True
    mask[290:292, 10, 10] = True
    mask[12, 10, 10] = True  # near
    found_there = far_pieces(mask, (1.0, 1.0, 1.0))
    assert (found_there.pieces, found_there.elements) == (1, 2)
    assert np.allclose(found_there.at, (291, 10, 10), atol=2)
    assert found_there.gap == pytest.approx(281, abs=8)  # in blocks of four along the long axis
    assert far_pieces(mask[:280], (1.0, 1.0, 1.0)).pieces == 0


def test_lesions_in_many_pieces_are_not_astray() -> None:
    rng = np.random.default_rng(0)
    cases = []
    for number in range(12):
        array = np.zeros((30, 30, 30), np.uint8)
        array[5:10, 5:10, 5:10] = 1
        array[tuple(rng.integers(0, 30, (3, 4)))] = 1
        grid = Grid.regular(array.shape)
        image = Image.of(np.zeros(array.shape, np.float32), grid)
        cases.append(case(f"c{number}", image, LabelMap(array, grid, {1: "lesion"})))
    assert found(stray.CHECK, cases) == ()


# Grids, and types of files: on disk.


def write(folder, name: str, *, affine, shape=(8, 9, 10), dtype=np.uint8, label_affine=None, label_shape=None) -> Case:
    """A pair of files, opened as layouts open them."""
    rng = np.random.default_rng(len(name))
    paths = folder / f"{name}_image.nii.gz", folder / f"{name}_label.nii.gz"
    nib.save(nib.Nifti1Image(rng.normal(size=shape).astype(np.float32), affine), paths[0])
    labels = np.zeros(label_shape or shape, dtype)
    labels[2:5, 2:5, 2:5] = 1
    nib.save(nib.Nifti1Image(labels, affine if label_affine is None else label_affine), paths[1])
    answer = lazies.labels_on(paths[1], paths[0], {1: "organ"})
    return Case(name, {"image": lazies.image(paths[0])}, {"labels": Truth(answer)})


AFFINE = np.array([[1.0, 0, 0, 5], [0, 1, 0, 5], [0, 0, 2, 5], [0, 0, 0, 1]])


@pytest.fixture
def files(tmp_path):
    return [write(tmp_path, f"good_{n}", affine=AFFINE) for n in range(4)]


@pytest.mark.parametrize(
    ("odd", "where", "what", "remedy"),
    [
        ({"label_affine": np.eye(4)}, "label", "the label has lost its header", "Copy the image's affine"),
        ({"affine": np.eye(4), "label_affine": AFFINE}, "image", "the image has lost its header", "Copy the label's"),
        ({"label_affine": AFFINE @ np.diag([3, 1, 1, 1])}, "label", "the label is the odd one", "Copy the image's"),
        (
            {"affine": AFFINE @ np.diag([3, 1, 1, 1]), "label_affine": AFFINE},
            "image",
            "the image is the odd one",
            "Copy",
        ),
        (
            {"label_shape": (8, 9, 12)},
            "label",
            "has the shape 8x9x12, not the 8x9x10 of its image",
            "nearest neighbour",
        ),
        ({"label_shape": (8, 10, 9)}, "label", "has the shape 8x10x9, not the 8x9x10 of its image", "axes"),
    ],
)
def test_a_label_that_lies_elsewhere(files, tmp_path, odd, where, what, remedy) -> None:
    (fault,) = found(grids.CHECK, [*files, write(tmp_path, "odd", **{"affine": AFFINE, **odd})])
    assert fault.check == "grids"
    assert fault.where == str(tmp_path / f"odd_{where}.nii.gz")
    assert what in fault.what
    assert remedy in fault.remedy
    assert fault.cases == ("odd",)


def test_files_that_fit_have_no_fault(files) -> None:
    assert found(grids.CHECK, files) == ()


def test_a_copy_of_another_cases_file_is_named_as_such(tmp_path) -> None:
    """With another shape it does not fit either, but to resample the label would only hide the slip."""
    good = [write(tmp_path, f"good_{n}", affine=AFFINE, shape=(8, 9, 11 + n)) for n in range(4)]
    for side, other in (("image", "label"), ("label", "image")):
        odd = write(tmp_path, f"odd_{side}", affine=AFFINE)
        copy = tmp_path / f"odd_{side}_{side}.nii.gz"
        copy.write_bytes((tmp_path / f"good_2_{side}.nii.gz").read_bytes())
        (fault,) = found(grids.CHECK, [*good, odd])
        assert (fault.where, fault.cases) == (str(copy), (f"odd_{side}",))
        assert fault.what == (
            f"is a copy of {tmp_path / f'good_2_{side}.nii.gz'}, and has the shape 8x9x13, "
            f"not the 8x9x10 of its {other} {tmp_path / f'odd_{side}_{other}.nii.gz'}"
        )
        assert fault.remedy.startswith(f"Put the right {'image' if side == 'image' else 'label map'} in its place")


def test_a_copy_of_another_cases_label_under_another_header_is_one_too(tmp_path) -> None:
    good = [write(tmp_path, f"good_{n}", affine=AFFINE) for n in range(4)]
    kinds = np.random.default_rng(0).integers(0, 3, (4, 8, 9, 10)).astype(np.uint8)
    for n, labels in enumerate(kinds):
        nib.save(nib.Nifti1Image(labels, AFFINE), tmp_path / f"good_{n}_label.nii.gz")
    odd = write(tmp_path, "odd", affine=AFFINE)
    nib.save(nib.Nifti1Image(kinds[2].astype(np.float32), np.eye(4)), tmp_path / "odd_label.nii.gz")
    (fault,) = found(grids.CHECK, [*good, odd])
    assert fault.what.startswith(f"is a copy of {tmp_path / 'good_2_label.nii.gz'}, and")


def test_axes_in_another_order_in_the_same_place_are_no_fault_of_the_image(tmp_path) -> None:
    good = [write(tmp_path, f"good_{n}", affine=AFFINE) for n in range(4)]
    odd = write(tmp_path, "odd", affine=np.eye(4), label_affine=np.eye(4))
    image = nib.load(tmp_path / "odd_label.nii.gz")
    labels = np.asarray(image.dataobj)
    turned = np.diag([-1.0, 1, 1, 1])
    turned[0, 3] = labels.shape[0] - 1
    nib.save(nib.Nifti1Image(labels[::-1], turned), tmp_path / "odd_label.nii.gz")
    (fault,) = found(grids.CHECK, [*good, odd])
    assert (fault.where, fault.cases) == (str(tmp_path / "odd_label.nii.gz"), ("odd",))
    assert "in the same place" in fault.what


def test_which_side_is_odd_is_not_guessed_without_others(tmp_path) -> None:
    (fault,) = found(grids.CHECK, [write(tmp_path, "odd", affine=AFFINE, label_affine=AFFINE @ np.diag([3, 1, 1, 1]))])
    assert "odd one" not in fault.what


def test_a_header_without_orientation_is_lost_too(tmp_path) -> None:
    odd = write(tmp_path, "odd", affine=AFFINE)
    path = tmp_path / "odd_label.nii.gz"
    nib.save(nib.Nifti1Image(np.asarray(nib.load(path).dataobj), None), path)
    assert nib.load(path).header["sform_code"] == nib.load(path).header["qform_code"] == 0
    (fault,) = found(grids.CHECK, [odd])
    assert "the label has lost its header" in fault.what


def test_other_checks_do_not_stumble_over_it(files, tmp_path) -> None:
    odd = write(tmp_path, "odd", affine=AFFINE, label_affine=np.eye(4))
    for check in (label_types, label_values, stray, enclosure):
        assert found(check.CHECK, [*files, odd]) == ()


def test_labels_in_floating_point(files, tmp_path) -> None:
    odd = write(tmp_path, "odd", affine=AFFINE, dtype=np.float32)
    (fault,) = found(label_types.CHECK, [*files, odd])
    assert fault.cases == ("odd",)
    assert "float32" in fault.what
    assert fault.sure < 0.5
    many = [write(tmp_path, f"float_{n}", affine=AFFINE, dtype=np.float64) for n in range(6)]
    (fault,) = found(label_types.CHECK, [*files, *many])
    assert (fault.where, fault.cases) == ("set", ())


# Rings.


def ring(*, shift: int = 0, slices: int = 6) -> LabelMap:
    """A cavity (1) in a wall (2), the wall moved off by some elements."""
    i, j = np.indices((40, 40))
    cavity = (i - 20) ** 2 + (j - 20) ** 2 < 64
    wall = (i - 20 - shift) ** 2 + (j - 20) ** 2 < 144
    plane = np.where(cavity, 1, np.where(wall, 2, 0)).astype(np.uint8)
    array = np.repeat(plane[..., None], slices, axis=2)
    array[..., 0] = np.where(array[..., 0] == 2, 0, array[..., 0])  # nobody drew the wall here
    return LabelMap(array, Grid.regular(array.shape, (1, 1, 8)), {1: "cavity", 2: "wall"})


FAR = replace(ring(), array=np.where(ring().array == 2, 0, ring().array) + 2 * (np.indices((40, 40, 6))[0] > 35))


def hearts(*shifts: int) -> list[Case]:
    cases = []
    for number, shift in enumerate(shifts):
        labels = ring(shift=shift)
        cases.append(case(f"c{number}", Image.of(np.zeros(labels.grid.shape, np.float32), labels.grid), labels))
    return cases


def test_a_wall_that_does_not_enclose_its_cavity() -> None:
    assert found(enclosure.CHECK, hearts(0, 1, 2, 0)) == ()
    (fault,) = found(enclosure.CHECK, hearts(0, 1, 2, 9))
    assert fault.cases == ("c3",)
    assert fault.what.startswith("has wall along only ")
    assert "in the 5 slices that hold both; in 3 of 3 other cases it is enclosed" in fault.what
    assert fault.at[:2] == (20, 20)  # the middle of the cavity
    assert 1 <= fault.at[2] < 6


def test_a_wall_elsewhere_is_found_too() -> None:
    (fault,) = found(enclosure.CHECK, [*hearts(0, 1, 2), case("far", Image.of(np.zeros((40, 40, 6)), FAR.grid), FAR)])
    assert fault.cases == ("far",)
    assert "only 0 % of the outline of cavity" in fault.what


def test_a_half_wall_is_suspicious_alone() -> None:
    assert found(enclosure.CHECK, hearts(0)) == ()
    (fault,) = found(enclosure.CHECK, hearts(9))
    assert fault.sure == 0.5
    assert "outline of cavity" in fault.what


def test_neighbours_are_not_enclosures() -> None:
    array = np.zeros((30, 30, 6), np.uint8)
    array[5:15, 5:25] = 1
    array[15:25, 5:25] = 2
    labels = LabelMap(array, Grid.regular(array.shape), {1: "front", 2: "back"})
    image = Image.of(np.zeros(array.shape, np.float32), labels.grid)
    assert found(enclosure.CHECK, [case("a", image, labels)]) == ()
    assert found(enclosure.CHECK, [case(f"c{n}", image, labels) for n in range(6)]) == ()
