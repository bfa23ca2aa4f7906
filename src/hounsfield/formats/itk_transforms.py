"""Transforms as ITK and ANTs keep them: an affine as text (.txt, .tfm), a displacement field as an image of vectors.

ITK's world is LPS and ours is RAS: y = F M F x + F t with F = diag(-1, -1, 1). Both map points of the fixed image to
the moving one. A field D is one map x + D(x), so the affine part of a Transform goes into it; it knows the fixed grid
only, and beyond it ITK moves nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats import metaimage, nifti, nrrd
from hounsfield.formats.files import read_bytes, suffix_of, writing
from hounsfield.formats.nifti_header import intent_of
from hounsfield.formats.orientation import RAS_OF_LPS
from hounsfield.formats.text_header import floats, shortened, spelled
from hounsfield.values import Image, MiB, Transform, refuse

HEAD = "#Insight Transform File V1.0"
MATRICES = ("AffineTransform", "MatrixOffsetTransformBase")
DISPVECT = 1006  # NIfTI's intent of displacements in its own world, RAS; ITK's vectors are LPS
FARTHEST_MM = 1e6
"""Where a field is not known, files say 3.4e38; a kilometre away is outside of every image too."""

FIELDS = {".nii": nifti, ".nii.gz": nifti, ".mha": metaimage, ".mhd": metaimage, ".nrrd": nrrd, ".nhdr": nrrd}
AFFINES = (".txt", ".tfm")


def read_affine(path: Path) -> NDArray[np.float64]:
    """The affine (4, 4), fixed to moving world in RAS mm, of one ITK transform in 3D with a matrix or a shift."""
    text = read_bytes(Path(path), limit=MiB).decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines()]
    if not lines or not lines[0].startswith(HEAD):
        raise refuse(path, "is not ITK's text of a transform: its first line is another", f"It begins with {HEAD}.")
    pairs = [line.partition(":")[::2] for line in lines if line and not line.startswith("#")]
    fields = {key.strip(): value.strip() for key, value in pairs}
    if sum(key.strip() == "Transform" for key, _ in pairs) != 1:
        raise refuse(path, "holds several transforms, or none", "Give one affine, or one displacement field.")
    name = fields["Transform"]
    kind, _, size = name.partition("_")
    if not size.endswith("_3_3"):
        raise refuse(path, f"holds {shortened(name)}, which is no transform of volumes", "Give one of 3 dimensions.")
    lps = np.eye(4)
    if kind in MATRICES:
        numbers = np.array(floats(path, "Parameters", fields.get("Parameters", ""), 12))
        centre = np.array(floats(path, "FixedParameters", fields.get("FixedParameters", ""), 3))
        lps[:3, :3] = numbers[:9].reshape(3, 3)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
            lps[:3, 3] = numbers[9:] + centre - lps[:3, :3] @ centre
    elif kind == "TranslationTransform":
        lps[:3, 3] = floats(path, "Parameters", fields.get("Parameters", ""), 3)
    else:
        raise refuse(path, f"holds {shortened(kind)}, which is not read", f"Save it as {MATRICES[0]}_double_3_3.")
    affine: NDArray[np.float64] = RAS_OF_LPS * lps * RAS_OF_LPS.T
    if not np.all(np.isfinite(affine)) or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise refuse(path, "holds a matrix that can not be inverted", "Write the transform again.")
    return affine


def write_affine(path: Path, affine: NDArray[np.float64]) -> None:
    """Write an affine (4, 4), fixed to moving world in RAS mm, as ITK's text with the centre at the origin."""
    if suffix_of(Path(path)) not in AFFINES or affine.shape != (4, 4):
        raise refuse(path, "is no name of an ITK affine of volumes", f"Let it end in {' or '.join(AFFINES)}.")
    lps = RAS_OF_LPS * affine * RAS_OF_LPS.T
    lines = (
        HEAD,
        "#Transform 0",
        f"Transform: {MATRICES[0]}_double_3_3",
        f"Parameters: {spelled([*lps[:3, :3].ravel(), *lps[:3, 3]])}",
        "FixedParameters: 0 0 0",
    )
    with writing(Path(path)):
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_field(path: Path) -> Transform:
    """The transform of an ITK displacement field, on its own grid; the moving grid, which it does not state, is alike.

    NIfTI of vectors, MetaImage or NRRD of three channels; mm along the LPS axes, along RAS where NIfTI says so.
    """
    path = Path(path)
    kind = FIELDS.get(suffix_of(path))
    if kind is None:
        raise refuse(path, "is no displacement field by its name", f"Known are {', '.join(FIELDS)}.")
    image = kind.read_image(path)
    if image.channels != 3 or image.grid.ndim != 3 or image.grid.frame != "RAS":
        what = f"has {image.channels} numbers a voxel on {image.grid}; a field of displacements has 3 in a volume"
        raise refuse(path, what, "Is it the right file?")
    vectors = np.array(image.array(np.float32))  # a copy: a mapped file can not be written to
    if np.isnan(vectors).any():
        raise refuse(path, "holds displacements that are no number", "Write 0 where nothing is known.")
    if not (kind is nifti and intent_of(path) == DISPVECT):
        vectors[:2] *= -1
    np.clip(vectors, -FARTHEST_MM, FARTHEST_MM, out=vectors)
    return Transform(image.grid, image.grid, np.eye(4), vectors)


def write_field(path: Path, transform: Transform) -> None:
    """Write a transform of volumes, its affine part included, as one displacement field for ITK and ANTs."""
    path, grid = Path(path), transform.fixed_grid
    kind = FIELDS.get(suffix_of(path))
    if kind is None or grid.ndim != 3 or grid.frame != "RAS":
        raise refuse(path, f"is no place for a displacement field on {grid}", f"Known are {', '.join(FIELDS)}.")
    field = np.empty((3, *grid.shape))  # in double precision: single rounds at some 1e-5 mm, 100 mm from the origin
    for i in range(grid.shape[0]):
        index = np.indices((1, *grid.shape[1:]), np.float64).reshape(3, -1).T
        index[:, 0] = i
        x = grid.to_world(index)
        u = 0.0 if transform.displacement is None else transform.displacement[:, i].reshape(3, -1).T.astype(np.float64)
        moved = (x + u) @ transform.affine[:3, :3].T + transform.affine[:3, 3] - x
        field[:, i] = moved.T.reshape(3, *grid.shape[1:])
    field[:2] *= -1
    if kind is nifti:
        nifti.write_vectors(path, field, grid)
    else:
        kind.write_image(path, Image.of(field, grid))
