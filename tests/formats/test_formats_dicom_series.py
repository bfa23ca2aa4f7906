"""Made series: where their voxels lie by SimpleITK, what is told apart, and what is refused with the reason."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK

from dicom_making import make_series, random_volume, save, slice_at
from hounsfield.formats.dicom.file import DicomFile
from hounsfield.formats.dicom.header import read_header
from hounsfield.formats.dicom.image import image_of
from hounsfield.formats.dicom.series import assemble, stacks_of
from hounsfield.values import Refused

AXES = [np.eye(3)[list(order)] * np.array(signs)[:, None] for order, signs in
        product(permutations(range(3)), product((1, -1), repeat=3))]  # fmt: skip


def volumes(paths):
    return [assemble(stack) for stack in stacks_of(read_header(DicomFile(path)) for path in paths)]


def itk_series(folder):
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def assert_same_in_the_world(made, itk):
    """Every voxel of ours has the number that SimpleITK has at its place, which it says in LPS."""
    array = made.array(np.float64)[0]
    index = np.argwhere(np.ones(array.shape, bool))
    for place, lps in zip(index, made.grid.to_world(index) * [-1, -1, 1], strict=True):
        theirs = np.array(itk.TransformPhysicalPointToContinuousIndex(lps.tolist()))
        assert np.abs(theirs - np.rint(theirs)).max() < 1e-3
        assert itk.GetPixel(*(int(n) for n in np.rint(theirs))) == array[tuple(place)]


@pytest.mark.parametrize(
    "axes", AXES, ids=lambda axes: "".join("RLAPSI"[2 * int(abs(a).argmax()) + (a.sum() > 0)] for a in axes)
)
def test_all_48_orientations_lie_where_simpleitk_says(tmp_path, axes):
    """Rows and columns along two of the axes, slices stored along the third, with the normal or against it."""
    across, down, along = axes
    volume = random_volume((3, 2, 4))
    paths = make_series(
        tmp_path, volume, orientation=(*across, *down), spacing=(1.5, 0.5, 3), step=along * 3, origin=(-7, 11, 13)
    )
    (found,) = volumes(paths)
    made = image_of(found)
    assert made.grid.shape == (4, 2, 3)
    assert np.linalg.det(made.grid.affine[:3, :3]) > 0
    assert_same_in_the_world(made, itk_series(tmp_path))


def test_an_oblique_series_lies_where_simpleitk_says(tmp_path):
    rotation = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0], [0.48, 0.64, 0.6]])
    paths = make_series(tmp_path, random_volume(), orientation=(*rotation[0], *rotation[1]), spacing=(0.7, 0.9, 2.2))
    (found,) = volumes(paths[::-1])
    assert np.allclose(found.grid.spacing, (0.9, 0.7, 2.2))
    assert_same_in_the_world(image_of(found), itk_series(tmp_path))


def test_files_are_sorted_by_position_and_never_by_name(tmp_path):
    volume = random_volume((12, 3, 3))
    (found,) = volumes(sorted(make_series(tmp_path, volume, spacing=(1, 1, 2))))  # 1, 10, 11, 12, 2 ...
    assert np.array_equal(image_of(found).array()[0], volume.transpose(2, 1, 0))
    assert found.grid.spacing == (1, 1, 2)  # the files say a thickness of 9


def test_a_slab_opens_only_its_slices(tmp_path):
    volume = random_volume()
    paths = make_series(tmp_path, volume)
    source = image_of(volumes(paths)[0]).source
    paths[0].unlink()
    assert np.array_equal(source.slab(3, 1, 3)[0], volume[1:3].transpose(2, 1, 0))
    with pytest.raises(Refused, match="does not exist"):
        source.slab(3, 0, 1)


def test_slopes_may_differ_from_slice_to_slice(tmp_path):
    volume = random_volume((3, 2, 2))
    for k, pixels in enumerate(volume):
        save(slice_at(pixels, (0, 0, k), number=k + 1, RescaleSlope=str(k + 1)), tmp_path / str(k))
    array = image_of(volumes(sorted(tmp_path.iterdir()))[0]).array()[0]
    assert np.array_equal(array, (volume * np.array([1.0, 2, 3])[:, None, None]).transpose(2, 1, 0))


def test_missing_slices_are_named(tmp_path):
    paths = make_series(tmp_path, random_volume((9, 3, 3)), spacing=(1, 1, 2.5))
    with pytest.raises(Refused, match=r"lacks 3 slices of 2\.5 mm: 1 between 2 and 4, 2 between 5 and 8\."):
        volumes([path for path in paths if path.name not in ("3", "6", "7")])


def test_a_changing_step_is_refused_with_both_steps(tmp_path):
    paths = make_series(tmp_path, random_volume((4, 3, 3)))
    for k in range(3):
        more = slice_at(random_volume((3, 3)), (0, 0, 3 + 1.6 * (k + 1)), number=5 + k)
        paths.append(save(more, tmp_path / f"{5 + k}"))
    with pytest.raises(Refused, match=r"changes its slice step: 1 mm from 1 to 4, 1\.6 mm from 4 to 7"):
        volumes(paths)


def test_a_step_that_drifts_is_refused(tmp_path):
    heights = np.cumsum(np.linspace(1, 1.03, 100))
    for k, z in enumerate(heights):
        save(slice_at(random_volume((2, 2)), (0, 0, z), number=k + 1), tmp_path / str(k))
    with pytest.raises(Refused, match="little by little"):
        volumes(sorted(tmp_path.iterdir()))


def test_positions_rounded_in_the_file_are_no_fault(tmp_path):
    for k in range(40):
        save(slice_at(random_volume((2, 2)), (0, 0, round(k * 0.7031, 2)), number=k + 1), tmp_path / str(k))
    (found,) = volumes(sorted(tmp_path.iterdir()))
    assert found.grid.spacing[2] == pytest.approx(0.7031, abs=1e-3)


@pytest.mark.parametrize(("angle", "is_fine"), [(0.3, True), (5.0, False), (-18.5, False)])
def test_gantry_tilt_is_refused_with_its_angle(tmp_path, angle, is_fine):
    t = np.radians(angle)
    paths = make_series(tmp_path, random_volume((6, 4, 4)), step=(0, 4 * np.sin(t), 4 * np.cos(t)))
    if is_fine:
        (found,) = volumes(paths)
        assert np.allclose(found.grid.affine[:3, 2], [0, -4 * np.sin(t), 4 * np.cos(t)], atol=1e-3)
        return
    with pytest.raises(Refused, match=rf"at {abs(angle):.1f} degrees to the normal of its slices \(gantry tilt\)"):
        volumes(paths)


def test_slices_beside_the_stack_are_refused(tmp_path):
    paths = make_series(tmp_path, random_volume((6, 4, 4)))
    save(slice_at(random_volume((4, 4)), (2, 0, 3), number=4), tmp_path / "4")
    with pytest.raises(Refused, match="beside each other instead of in a stack: 4 lies 2 mm off"):
        volumes(paths)


def test_exact_copies_are_left_out_and_others_refused(tmp_path):
    volume = random_volume()
    paths = make_series(tmp_path, volume)
    same = save(slice_at(volume[2], (0, 0, 2), number=3), tmp_path / "copy")
    other_uid = save(slice_at(volume[3], (0, 0, 3), number=77), tmp_path / "copy2")
    (found,) = volumes([*paths, same, other_uid])
    assert [file.name for file in found.stack.copies] == ["copy", "copy2"]
    assert np.array_equal(image_of(found).array()[0], volume.transpose(2, 1, 0))
    different = save(slice_at(volume[3] + 1, (0, 0, 2), number=78), tmp_path / "different")
    with pytest.raises(Refused, match="different slices at the same place: 3 and different"):
        volumes([*paths, different])


def test_phases_are_told_apart_by_their_order_at_each_slice(tmp_path):
    rng = np.random.default_rng(0)
    movie = random_volume((2, 3, 4, 4))  # slice, phase
    paths = []
    for z, t in product(range(2), range(3)):
        made = slice_at(movie[z, t], (0, 0, 8 * z), number=10 * z + t, TriggerTime=f"{100 * t + rng.random() * 20:.3f}")
        paths.append(save(made, tmp_path / f"{10 * z + t}"))
    copy = save(slice_at(movie[1, 2], (0, 0, 8), number=12, TriggerTime="210"), tmp_path / "copy")
    found = volumes([*paths, copy])
    assert [volume.stack.name for volume in found] == ["phase01", "phase02", "phase03"]
    for t, volume in enumerate(found):
        assert np.array_equal(image_of(volume).array()[0], movie[:, t].transpose(2, 1, 0))


def test_echoes_and_times_are_told_apart_together(tmp_path):
    paths = []
    for z, echo, time in product(range(3), range(2), range(2)):
        more = {"EchoTime": str(10 + 20 * echo), "TemporalPositionIdentifier": time + 1}
        made = slice_at(random_volume((2, 2)), (0, 0, z), number=len(paths) + 1, **more)
        paths.append(save(made, tmp_path / str(len(paths))))
    names = [volume.stack.name for volume in volumes(paths)]
    assert names == ["echo01_time01", "echo01_time02", "echo02_time01", "echo02_time02"]


def test_a_phase_that_lacks_a_slice_is_refused_alone(tmp_path):
    paths = []
    for z, t in product(range(5), range(2)):
        if (z, t) != (2, 1):
            made = slice_at(random_volume((2, 2)), (0, 0, z), number=len(paths) + 1, TemporalPositionIdentifier=t + 1)
            paths.append(save(made, tmp_path / f"{z}_{t}"))
    first, second = stacks_of(read_header(DicomFile(path)) for path in paths)
    assert assemble(first).grid.shape == (2, 2, 5)
    with pytest.raises(Refused, match="lacks 1 slice of 1 mm: 1 between 1_1 and 3_1"):
        assemble(second)


def test_orientations_and_sizes_are_volumes_of_their_own(tmp_path):
    axial = make_series(tmp_path / "a", random_volume((3, 4, 4)))
    coronal = make_series(tmp_path / "c", random_volume((2, 4, 4)), orientation=(1, 0, 0, 0, 0, -1))
    small = make_series(tmp_path / "s", random_volume((2, 2, 2)))
    found = volumes([*axial, *coronal, *small])
    assert [volume.stack.name for volume in found] == ["part01", "part02", "part03"]
    assert [volume.grid.shape for volume in found] == [(4, 4, 3), (4, 4, 2), (2, 2, 2)]


def turned(angle):
    """Rows and columns turned about the second axis, in degrees."""
    return (np.cos(np.radians(angle)), 0, np.sin(np.radians(angle)), 0, 1, 0)


def test_a_scan_that_turns_is_a_picture_at_each_angle(tmp_path):
    """By steps of a degree; directions that differ in the sixth digit are the same."""
    paths = []
    for k in range(180):
        for step, more in enumerate((0, 1e-5)):
            along = np.cross(turned(k)[:3], (0, 1, 0))
            made = slice_at(random_volume((2, 2)), along * step, orientation=turned(k + more), number=2 * k + step + 1)
            paths.append(save(made, tmp_path / f"{k}_{step}"))
    stacks = stacks_of(read_header(DicomFile(path)) for path in paths)
    assert [len(stack.slices) for stack in stacks] == [2] * 180


def test_more_orientations_than_a_scan_has_are_refused(tmp_path):
    header = read_header(DicomFile(save(slice_at(random_volume((2, 2)), (0, 0, 0)), tmp_path / "a")))
    (frame,) = header.frames
    frames = [
        replace(frame, index=k, place=replace(frame.place, across=np.array(turned(k / 10)[:3]))) for k in range(3000)
    ]
    with pytest.raises(Refused, match="more than 1024 orientations"):
        stacks_of([replace(header, frames=tuple(frames))])
