"""A format that another distribution brings is a format like our own."""

import os
import subprocess
import sys

FORMAT = """
from pathlib import Path
import numpy as np
from hounsfield.values import Grid, Image

def _array(path):
    return np.array([[float(word) for word in line.split()] for line in Path(path).read_text().splitlines()])

def read_grid(path):
    return Grid.picture(_array(path).shape)

def read_image(path):
    return Image.of(_array(path), read_grid(path))

def read_labels(path):
    return _array(path).astype(int), read_grid(path)
"""
USE = """
from hounsfield.verbs.data import open_dataset
dataset = open_dataset("pictures")
print([case.id for case in dataset], dataset["a"].inputs["image"].load().array().tolist())
"""


def test_a_plugin_brings_a_format(tmp_path):
    (tmp_path / "rowtext.py").write_text(FORMAT)
    about = tmp_path / "rowtext-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: rowtext\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[hounsfield.formats]\n.rows = rowtext:read_image\n")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.ROWS").write_text("1 2 3\n4 5 6\n")
    (tmp_path / "pictures" / "b.rows").write_text("1 2\n4 5\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", USE], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "['a', 'b'] [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]"
