"""A disk that gives no bytes: what can not be read is a refusal that names the file, never a fault of ours."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from command_process import Commands, Failing, World


@pytest.mark.parametrize("name", ["image.npy", "image.png", "image.tif", "image.nii"])
def test_files_of_any_format(name: str, commands: Commands, tmp_path: Path) -> None:
    from PIL import Image as Picture

    from hounsfield.formats import nifti
    from hounsfield.values import Grid, Image

    array = np.arange(64, dtype=np.uint8).reshape(8, 8)
    if name.endswith(".npy"):
        np.save(tmp_path / name, array)
    elif name.endswith(".nii"):
        nifti.write_image(tmp_path / name, Image.of(array[None, :, :, None], Grid((8, 8, 1), np.eye(4), "mm", "RAS")))
    else:
        Picture.fromarray(array).save(tmp_path / name)
    ended = commands.run(World(tmp_path, failing=Failing(name, errno.EIO)), "inspect", name)
    assert ended.code == 2
    assert all(line.startswith(f"hounsfield: {name}: ") for line in ended.said)
    assert any(os.strerror(errno.EIO) in line for line in ended.said)
