"""The pictures on the page of an audit: which images, and what is drawn over them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import nibabel as nib
import numpy as np
from PIL import Image as Pillow

from hounsfield.layouts import lazies
from hounsfield.values import Case, Fault, Truth
from hounsfield.verbs.fault_pictures import pictures_of
from hounsfield.verbs.inspect import inspect


def volume(path: Path, array: np.ndarray, shift: float = 0.0) -> Path:
    nib.save(nib.Nifti1Image(array, np.array([[1, 0, 0, shift], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])), path)
    return path


def coloured(png: bytes) -> np.ndarray:
    """(row, column) of what is tinted, as shares of the picture."""
    pixels = np.asarray(Pillow.open(BytesIO(png)).convert("RGB")).astype(int)
    return np.argwhere(np.ptp(pixels, axis=-1) > 30) / pixels.shape[:2]


def case(folder: Path, *, shift: float) -> Case:
    labels = np.zeros((40, 40, 10), np.uint8)
    labels[5:15, 15:25, 3:8] = 1
    image, label = volume(folder / "i.nii", labels * 100), volume(folder / "l.nii", labels, shift)
    return Case("c", {"image": lazies.image(image)}, {"labels": Truth(lazies.labels_on(label, image, {1: "organ"}))})


def test_labels_are_drawn_for_a_fault_that_names_their_file(tmp_path: Path) -> None:
    one = case(tmp_path, shift=0)
    (seen,) = pictures_of(Fault("stray", str(tmp_path / "l.nii"), "has", "", 1.0, ("c",)), [one])
    assert seen.caption == "c"
    assert np.allclose(coloured(seen.png).mean(axis=0), [0.5, 0.75], atol=0.03)  # the patient's left is at the right
    (plain,) = pictures_of(Fault("outliers", str(tmp_path / "i.nii"), "has", "", 1.0, ("c",)), [one])
    assert coloured(plain.png).size == 0


def test_a_label_map_that_lies_elsewhere_is_drawn_where_it_says(tmp_path: Path) -> None:
    one = case(tmp_path, shift=10)
    (seen,) = pictures_of(Fault("grids", str(tmp_path / "l.nii"), "lies", "", 1.0, ("c",)), [one])
    assert np.allclose(coloured(seen.png).mean(axis=0), [0.5, 0.5], atol=0.03)


def test_both_images_of_a_case_that_lie_apart_are_shown(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 99, (8, 9, 10)).astype(np.uint8)
    inputs = {role: lazies.image(volume(tmp_path / f"{role}.nii", array)) for role in ("t1", "t2", "flair")}
    fault = Fault("apart", str(tmp_path / "t2.nii"), f"lies apart from {tmp_path / 't1.nii'}", "", 1.0, ("c",))
    assert [seen.caption for seen in pictures_of(fault, [Case("c", inputs)])] == ["c, t1", "c, t2"]


def test_what_can_not_be_read_has_no_picture(tmp_path: Path) -> None:
    (tmp_path / "bad.nii").write_bytes(b"text")
    bad = Case("c", {"image": lazies.image(tmp_path / "bad.nii")})
    assert pictures_of(Fault("unreadable", str(tmp_path / "bad.nii"), "is", "", 1.0, ("c",)), [bad]) == []


def test_names_of_files_stay_text_and_duplicates_are_seen_side_by_side(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    rng = np.random.default_rng(0)
    for place in ("images", "labels"):
        (tmp_path / "set" / place).mkdir(parents=True)
    first, second = rng.integers(0, 255, (2, 24, 30), np.uint8)
    for name, array in (("a", first), (hostile, second), ("c", second)):
        Pillow.fromarray(array).save(tmp_path / "set" / "images" / f"{name}.png")
        Pillow.fromarray((array > 99).astype(np.uint8)).save(tmp_path / "set" / "labels" / f"{name}.png")
    found = inspect(tmp_path / "set", html=tmp_path / "page.html")
    assert "duplicates" in {fault.check for fault in found.faults}
    page = (tmp_path / "page.html").read_text()
    assert hostile not in page
    assert page.count("<figure>") >= 2
    assert "&lt;img src=x onerror=alert(1)&gt;.png" in page
    assert f"{tmp_path / 'set'}/" not in page.replace(f"hounsfield inspect {tmp_path / 'set'}", "")
