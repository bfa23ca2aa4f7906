"""Every way in which a volume can lie in the world: written, read back equal, and where SimpleITK finds it."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from volume_cases import FLIPS_AND_SWAPS, SHAPE, affine_of, corners, itk_array, itk_world

from hounsfield.formats import metaimage, nifti, nrrd
from hounsfield.values import Grid, Image

FORMATS = {".nii": nifti, ".nii.gz": nifti, ".nrrd": nrrd, ".mha": metaimage}
ARRAY = np.arange(60, dtype=np.int16).reshape(SHAPE)


def check(path, kind, grid):
    image = Image.of(ARRAY, grid)
    kind.write_image(path, image)
    found = kind.read_image(path)
    assert np.array_equal(found.array(np.int16)[0], ARRAY)
    if kind is metaimage:  # it states spacing and direction apart, so their product is rounded
        np.testing.assert_allclose(found.grid.affine, grid.affine, rtol=1e-14, atol=1e-13)
    else:
        assert found.grid == grid
    theirs = sitk.ReadImage(str(path))
    assert np.array_equal(itk_array(theirs), ARRAY)
    apart = 1e-3 if kind is nifti else 1e-6  # NIfTI-1 keeps single precision
    np.testing.assert_allclose(itk_world(theirs, corners(SHAPE)), grid.to_world(corners(SHAPE)), atol=apart)


@pytest.mark.parametrize("suffix", FORMATS)
def test_all_flips_and_swaps_come_back(tmp_path, suffix):
    assert len({tuple(map(tuple, directions)) for directions in FLIPS_AND_SWAPS}) == 48
    for directions in FLIPS_AND_SWAPS:
        check(
            tmp_path / f"a{suffix}", FORMATS[suffix], Grid(SHAPE, affine_of(directions, (0.5, 1.25, 3), (-7, 8, 9.5)))
        )


@pytest.mark.parametrize("suffix", FORMATS)
@given(
    turn=st.tuples(*[st.floats(-180, 180)] * 3),
    spacing=st.tuples(*[st.floats(0.05, 12)] * 3),
    origin=st.tuples(*[st.floats(-400, 400)] * 3),
)
@settings(max_examples=15, deadline=None)
def test_oblique_and_anisotropic_grids_come_back(tmp_path_factory, suffix, turn, spacing, origin):
    directions = Rotation.from_euler("xyz", turn, degrees=True).as_matrix()
    grid = Grid(SHAPE, affine_of(directions, spacing, origin))
    check(tmp_path_factory.mktemp("grid") / f"a{suffix}", FORMATS[suffix], grid)
