"""Masks saved as JPEG are read, and said to be."""

import numpy as np
from PIL import Image as Pillow

from hounsfield.verbs.inspect import inspect


def picture(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(array).save(path)


def made(folder, jpegs, count=6):
    for n in range(count):
        mask = np.uint8(np.hypot(*(np.indices((96, 128)) - 40)) < 20 + n) * 255
        picture(folder / "images" / f"{n}.png", np.random.default_rng(n).integers(0, 255, (96, 128), np.uint8))
        picture(folder / "masks" / f"{n}.{'jpg' if n < jpegs else 'png'}", mask)
    return [fault for fault in inspect(folder).faults if fault.check == "jpeg_masks"]


def test_one_of_several(tmp_path):
    (fault,) = made(tmp_path, 1)
    assert (fault.cases, fault.where) == (("0",), str(tmp_path / "masks" / "0.jpg"))
    assert "saved as JPEG" in fault.what


def test_all_are_said_once_and_none_not_at_all(tmp_path):
    (fault,) = made(tmp_path / "all", 6)
    assert "6 of 6 cases" in fault.what
    assert made(tmp_path / "none", 0) == []
