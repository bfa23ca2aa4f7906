"""A case while it is looked at: read once, summed up by parts, its labels measured."""

from __future__ import annotations

import tracemalloc

import nibabel as nib
import numpy as np
import pytest
from planted import case
from scipy import ndimage

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.running import Audit
from hounsfield.audit.shapes import shapes_of
from hounsfield.audit.summary import reduced, reduced_grid, summarise
from hounsfield.layouts import lazies
from hounsfield.ops import slabs
from hounsfield.ops.resampling import resample
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.registry.tables import CHECKS
from hounsfield.values import Case, Grid, Image, LabelMap, Lazy, MiB, Points, Refused, Truth, refuse


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slabs, "MOST", 500)


def image(array: np.ndarray) -> Image:
    return Image.of(array, Grid.regular(array.shape[-3:], (1, 2, 3), (4, 5, 6)))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_summary_is_that_of_the_whole_array(channels, small_parts) -> None:
    array = np.random.default_rng(0).normal(1000, 3, (channels, 11, 13, 17)).astype(np.float32)
    said, _ = summarise(image(array))
    assert (said.low, said.high) == (array.min(), array.max())
    assert said.mean == pytest.approx(array.mean(dtype=np.float64), rel=1e-12)
    assert said.deviation == pytest.approx(array.std(dtype=np.float64), rel=1e-9)
    assert (said.nans, said.infinities, said.elements, said.channels) == (0, 0, array.size, channels)
    expected = np.percentile(array.astype(np.float64), [1, 5, 25, 50, 75, 95, 99])
    assert list(said.quantiles.values()) == pytest.approx(list(expected))
    assert list(said.quantiles) == [1, 5, 25, 50, 75, 95, 99]


def test_what_is_not_finite_is_counted_and_left_out(small_parts) -> None:
    array = np.arange(10 * 9 * 8, dtype=np.float64).reshape(1, 10, 9, 8)
    array[0, 0, 0] = np.nan
    array[0, 1, 0, 0] = np.inf
    said, thumbnail = summarise(image(array))
    finite = array[np.isfinite(array)]
    assert (said.nans, said.infinities) == (8, 1)
    assert (said.mean, said.deviation) == pytest.approx((finite.mean(), finite.std()))
    assert np.isfinite(thumbnail).all()
    nothing, thumbnail = summarise(image(np.full((1, 4, 4, 4), np.nan)))
    assert nothing.nans == 64
    assert np.isnan([nothing.low, nothing.mean, nothing.deviation, nothing.quantiles[50]]).all()
    assert not thumbnail.any()


def test_a_thumbnail_is_the_mean_over_blocks(small_parts) -> None:
    array = np.random.default_rng(0).integers(0, 200, (2, 32, 48, 10)).astype(np.uint8)
    _, thumbnail = summarise(image(array))
    assert thumbnail.shape == (16, 16, 10)
    assert np.allclose(thumbnail, array[0].reshape(16, 2, 16, 3, 10).mean(axis=(1, 3)))


def test_a_reduced_image_lies_where_the_image_does(small_parts) -> None:
    """A ramp in the world is the same ramp on the reduced grid, whatever the affine."""
    grid = Grid((20, 23, 18), np.array([[0, -2.0, 0.1, 5], [1.5, 0, 0, -3], [0, 0.2, 3, 7], [0, 0, 0, 1]]))
    world = grid.to_world(np.indices(grid.shape).reshape(3, -1).T)
    ramp = (world @ [1.0, 2.0, -1.0]).reshape(grid.shape).astype(np.float32)
    small = reduced(Image.of(ramp, grid), 6)
    on = reduced_grid(grid, 6)
    assert small.shape == on.shape == (6, 6, 6)
    expected = (on.to_world(np.indices(on.shape).reshape(3, -1).T) @ [1.0, 2.0, -1.0]).reshape(on.shape)
    assert np.abs(small - expected).max() < 2 * 3.1  # blocks of three and four differ by half an element
    assert np.abs(resample(ramp[None], grid, on)[0] - expected).max() < 1e-3


def test_shapes_of_labels_are_those_of_scipy() -> None:
    array = np.random.default_rng(0).integers(0, 4, (7, 8, 9)).astype(np.uint8) * 3
    found = shapes_of(array)
    assert list(found) == [3, 6, 9]
    boxes = ndimage.find_objects(array)
    for value, shape in found.items():
        assert shape.elements == (array == value).sum()
        assert shape.centroid == pytest.approx(ndimage.center_of_mass(array == value))
        assert shape.box == boxes[value - 1]
    assert shapes_of(np.zeros((3, 3), np.uint8)) == {}
    assert shapes_of(np.array([[-2, 0], [0, 7]])).keys() == {-2, 7}
    assert shapes_of(np.zeros((0, 3), np.int32)) == {}
    assert shapes_of(array > 3) == shapes_of((array > 3).astype(np.uint8))


def test_everything_is_read_once() -> None:
    reads = []
    grid = Grid.regular((4, 4, 4))

    def load() -> Image:
        reads.append("image")
        return Image.of(np.ones((4, 4, 4), np.float32), grid)

    def fail() -> LabelMap:
        reads.append("labels")
        raise refuse("labels.nii", "is cut short")

    truths = {"labels": Truth(Lazy(LabelMap, "labels.nii", fail, str))}
    opened = OpenedCase(Case("a", {"image": Lazy(Image, "image.nii", load, str)}, truths))
    for _ in range(2):
        opened.summary("image")
        opened.thumbnail("image")
        assert opened.images()["image"] == opened.case.inputs["image"].load()
        with pytest.raises(Refused, match="cut short"):
            opened.labels()
    assert reads == ["image", "labels"]
    assert (opened.where("image"), opened.where("labels")) == ("image.nii", "labels.nii")


def test_values_are_given_by_kind() -> None:
    grid = Grid.regular((4, 4, 4))
    labels = LabelMap(np.ones((4, 4, 4), np.uint8), grid, {1: "a"}, ignore=1)
    one = OpenedCase(case("a", Image.of(np.ones((4, 4, 4)), grid), labels))
    assert list(one.inputs(Image)) == ["image"]
    assert one.inputs(Points) == one.truths(Points) == {}
    assert one.truths(LabelMap) == one.labels() == {"labels": labels}
    assert one.shapes("labels") == {}  # all of it is unknown


def test_memory_does_not_grow_with_the_number_of_slices(tmp_path) -> None:
    """Nothing but parts of a mapped file is in memory, for the facts and for the checks."""
    peaks = []
    for slices in (48, 192):
        path = tmp_path / f"{slices}.nii"
        array = np.zeros((256, 256, slices), np.int16)
        array[::3, ::5] = 7
        nib.save(nib.Nifti1Image(array, np.eye(4)), path)
        checks = [CHECKS.load(name) for name in CHECKS.names()]
        tracemalloc.start()
        fingerprint([Case("a", {"image": lazies.image(path)})], through=Audit(checks).look)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 64 * MiB
