"""predict on one volume however it is stored: each answer on its input's own grid, and all of them the same answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hounsfield.formats import metaimage, nifti, nrrd
from hounsfield.packages.package import Package
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.verbs.predict import predict
from orientations import WAYS, stored, turned_back

SHAPE = (18, 14, 10)
ITK = np.diag([-1.0, -1.0, 1.0])  # LPS and RAS, either way


@pytest.fixture(scope="module")
def volume() -> NDArray[np.float32]:
    """A torso that the model has not seen, (18, 14, 10)."""
    torso = phantom_dataset("torso", cases=12, size=SHAPE).cases[11]
    return np.asarray(torso.inputs["image"].load().array(np.float32)[0])


def affine_of(turn: tuple[float, ...], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", turn, degrees=True).as_matrix() * spacing
    affine[:3, 3] = -101.3, 77.7, 12.9
    return affine


def check_alike(out: Path, ways: dict[str, NDArray[np.intp]]) -> None:
    """Turned back, every answer is the first one; so are the maps, but for rounding to one of 255 steps."""
    names = list(ways)
    for kind, most in (("", 0), (".probabilities", 1)):
        said = [np.asarray(nib.load(out / f"{name}{kind}.nii.gz").dataobj) for name in names]
        first = turned_back(said[0], ways[names[0]])
        assert len(np.unique(first)) > 1
        for name, one in zip(names, said, strict=True):
            assert np.abs(np.int16(turned_back(one, ways[name])) - first).max() <= most, f"{name}{kind}"


@pytest.mark.parametrize(
    ("turn", "spacing", "step"),
    [
        ((0, 0, 0), (16, 17.1, 33.6), 1),
        ((40, -25, 130), (18, 9.3, 41.7), 1),
        ((9, -7, 5), (18, 15, 21), 7),
        ((20, 10, -33), (16, 17.1, 33.6), 7),
        ((0, 45, 0), (16, 17.1, 33.6), 7),
    ],
)
def test_all_orders_and_directions_of_axes_are_answered_alike_each_on_its_own_grid(
    turn: tuple[float, ...],
    spacing: tuple[float, ...],
    step: int,
    volume: NDArray[np.float32],
    model: Package,
    tmp_path: Path,
) -> None:
    ways = {f"way_{n:02d}": way for n, way in enumerate(WAYS[::step])}
    for name, way in ways.items():
        nib.save(stored(volume, affine_of(turn, spacing), way), tmp_path / f"{name}.nii.gz")
    out = tmp_path / "out"
    answered = predict(model, tmp_path, out=out, probabilities="uint8")
    assert (answered.done, answered.problems) == (tuple(ways), ())
    for name in ways:
        asked = nib.load(tmp_path / f"{name}.nii.gz")
        for kind, channels in (("", ()), (".probabilities", (6,))):
            said = nib.load(out / f"{name}{kind}.nii.gz")
            assert said.shape == (*asked.shape, *channels)
            assert np.array_equal(said.affine, asked.affine), "to the bit"
    check_alike(out, ways)


def nifti_1(*, sform: int, qform: int) -> Callable[[Path, nib.Nifti1Image], None]:
    def write(path: Path, image: nib.Nifti1Image) -> None:
        image.set_qform(image.affine, code=qform)
        image.set_sform(image.affine if sform else None, code=sform)
        nib.save(image, path)

    return write


def nifti_2(path: Path, image: nib.Nifti1Image) -> None:
    """Sform and qform in double precision."""
    twice = nib.Nifti2Image(np.asarray(image.dataobj), image.affine)
    twice.set_qform(image.affine, code=1)
    twice.set_sform(None, code=0)
    nib.save(twice, path)


def by_itk(path: Path, image: nib.Nifti1Image) -> None:
    written = sitk.GetImageFromArray(np.ascontiguousarray(np.asarray(image.dataobj).transpose()))
    spacing = np.linalg.norm(image.affine[:3, :3], axis=0)
    written.SetSpacing(spacing.tolist())
    written.SetDirection((ITK @ image.affine[:3, :3] / spacing).ravel().tolist())
    written.SetOrigin((ITK @ image.affine[:3, 3]).tolist())
    sitk.WriteImage(written, str(path))


KINDS = {
    "sform": (".nii", nifti_1(sform=2, qform=0), nifti.read_grid),
    "qform": (".nii.gz", nifti_1(sform=0, qform=1), nifti.read_grid),
    "double": (".nii", nifti_2, nifti.read_grid),
    "nrrd": (".nrrd", by_itk, nrrd.read_grid),
    "mha": (".mha", by_itk, metaimage.read_grid),
}


@pytest.mark.parametrize("turn", [(0, 0, 0), (12, -31, 77)])
def test_files_of_other_formats_and_forms_are_answered_alike_each_on_its_own_grid(
    turn: tuple[float, ...], volume: NDArray[np.float32], model: Package, tmp_path: Path
) -> None:
    """NIfTI-1 keeps single precision: other programs find the answer within that, we find its grid to the bit."""
    affine, ways, files = affine_of(turn, (16, 17.1, 33.6)), {}, {}
    for kind, (suffix, write, _) in KINDS.items():
        for number in (0, 13, 38):
            name = f"{kind}_{number}"
            ways[name], files[name] = WAYS[number], tmp_path / f"{name}{suffix}"
            write(files[name], stored(volume, affine, WAYS[number]))
    out = tmp_path / "out"
    assert predict(model, list(files.values()), out=out, probabilities="uint8").done == tuple(ways)
    for name, file in files.items():
        wanted = stored(volume, affine, ways[name])
        read_grid = KINDS[name.partition("_")[0]][2]
        for said in (out / f"{name}.nii.gz", out / f"{name}.probabilities.nii.gz"):
            assert nifti.read_grid(said) == read_grid(file)
            np.testing.assert_allclose(nib.load(said).affine, wanted.affine, rtol=1e-6, atol=1e-4)
            assert nib.load(said).shape[:3] == wanted.shape
            if name.startswith(("sform", "qform")):
                assert np.array_equal(nib.load(said).affine, nib.load(file).affine), "to the bit"
    check_alike(out, ways)
