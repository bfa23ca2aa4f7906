"""Folders made for tests: small pictures, volumes and tables, opened by every layout that is known."""

import nibabel as nib
import numpy as np
from PIL import Image as Pillow

from hounsfield.layouts.opening import open_folder
from hounsfield.registry import tables

LAYOUTS = {name: tables.LAYOUTS.load(name) for name in tables.LAYOUTS.own}


def opened(folder, **options):
    """What the layouts make of a folder."""
    return open_folder(folder, LAYOUTS, **options)


def png(path, array=None):
    """A picture of 3 x 4, the pixels 0 to 11, or as given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) if array is None else array).save(path)


def mask(path, *pixels, value=255, size=(3, 4)):
    """A mask with the value at some pixels."""
    array = np.zeros(size, np.uint8)
    for pixel in pixels:
        array[pixel] = value
    png(path, array)


def volume(path, array=None, affine=None):
    """A volume of 2 x 3 x 4 of 0, 1 and 2, at 1 mm, or as given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 3 if array is None else array
    nib.save(nib.Nifti1Image(array, np.eye(4) if affine is None else affine), path)


def text(path, *lines):
    """A text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
