"""Structures in files of their own that cover the same pixels: planted ones are found, and nothing else."""

import numpy as np
import pytest
from audited import found, ids, image_of
from PIL import Image as Pillow

from hounsfield.audit.checks.shared_voxels import CHECK
from hounsfield.layouts.structures import structures
from hounsfield.values import Case, Dataset, Grid, LabelMap, Lazy, Truth

NAMES = ("cup", "disc", "vessel")
CLEAN = {"cup": [0, 1], "disc": [2, 3, 4], "vessel": [5]}
STRAY = {**CLEAN, "vessel": [4, 5, 6]}
NESTED = {"cup": [1, 2, 3], "disc": [2, 3, 4, 5, 6, 7], "vessel": [8]}


def drawn(folder, name, columns):
    """A case of one row of ten pixels, and for each structure a mask of those columns."""
    folder = folder / name
    folder.mkdir()
    array = np.zeros((1, 10), np.uint8)
    Pillow.fromarray(array).save(folder / "photo.png")
    masks = {}
    for structure, at in columns.items():
        mask = array.copy()
        mask[0, at] = 1
        masks[structure] = folder / f"{structure}.png"
        Pillow.fromarray(mask).save(masks[structure])
    answer = structures(masks, folder / "photo.png", names=NAMES, where=name)
    return Case(name, {"image": image_of(array, f"{name}.png")}, {"labels": Truth(answer)})


def test_shared_pixels_are_found_in_the_case_that_has_them(tmp_path):
    cases = [drawn(tmp_path, f"c{n}", STRAY if n == 3 else CLEAN) for n in range(8)]
    (fault,) = found(CHECK, cases)
    assert (fault.where, ids([fault])) == ("c3", {"c3"})
    assert fault.what == "has 1 voxel in both disc and vessel, which count as unknown"


def test_structures_meant_to_lie_in_each_other_are_said_once_for_all(tmp_path):
    faults = found(CHECK, Dataset("set", tuple(drawn(tmp_path, f"c{n}", NESTED) for n in range(3))))
    whole = [fault for fault in faults if not fault.cases]
    assert [(fault.where, fault.what) for fault in whole] == [
        ("set", "has cup and disc mostly one in the other, in 3 of 3 cases")
    ]
    assert len(faults) == 4


@pytest.mark.parametrize("array", [[[0, 1, 1]], [[0, 0, 0]]])
def test_label_maps_of_one_file_share_nothing(array):
    labels = LabelMap(np.array(array), Grid.picture((1, 3)), {1: "cup"})
    answer = Lazy(LabelMap, "mask.png", lambda: labels, lambda: "0")
    case = Case("a", {"image": image_of(np.zeros((1, 3), np.uint8), "a.png")}, {"labels": Truth(answer)})
    assert found(CHECK, [case]) == ()
