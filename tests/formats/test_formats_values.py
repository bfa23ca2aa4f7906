"""Small values as JSON, transforms as a pair of files."""

import json

import nibabel as nib
import numpy as np
import pytest

from hounsfield.formats import json_values, transform_files
from hounsfield.values import Code, Diagnosis, Grid, Quantities, Refused, Timeline, Transform, equal

VALUES = [
    Diagnosis({"no": 0.1 + 0.2, "yes": 0.7}),
    Diagnosis({"a": float("nan"), "b": 1.0}, "multi"),
    Quantities({"volume": 1 / 3, "axis": float("nan")}, {"volume": "ml"}, {"volume": (0.1, float("inf"))}),
    Timeline(np.array([0.0, 0.5]), ("rest", "stress")),
    Timeline(
        np.array([0.0, 0.5]), (), np.array([[1, np.nan], [2, 3]], np.float32), np.array([[0.1], [0.2]], np.float32)
    ),
    Timeline(np.zeros(0), (), np.zeros((0, 3), np.float32)),
    Code(np.random.default_rng(0).normal(size=7).astype(np.float32)),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_read_back_equal(tmp_path, value):
    json_values.write_value(tmp_path / "v.json", value)
    again = json_values.read_value(tmp_path / "v.json")
    assert type(again) is type(value)
    assert equal(vars(again), vars(value))


def test_unknown_is_null(tmp_path):
    json_values.write_value(tmp_path / "v.json", VALUES[1])
    assert json.loads((tmp_path / "v.json").read_text())["probabilities"]["a"] is None


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"kind": "boat"}', '{"kind": "code", "vector": ["x"]}', "[" * 9999])
def test_other_json_is_refused(tmp_path, text):
    (tmp_path / "v.json").write_text(text)
    with pytest.raises(Refused, match=r"v\.json"):
        json_values.read_value(tmp_path / "v.json")


@pytest.fixture
def transform():
    rng = np.random.default_rng(0)
    fixed, moving = Grid.regular((4, 5, 6), (0.7, 0.8, 3.1), 0.1), Grid.regular((6, 5, 4), 1.1)
    field = rng.normal(size=(3, 4, 5, 6)).astype(np.float32)
    inverse = rng.normal(size=(3, 6, 5, 4)).astype(np.float32)
    affine = np.eye(4) + np.pad(rng.normal(size=(3, 4)), ((0, 1), (0, 0))) / 9
    return Transform(fixed, moving, affine, field, inverse)


def test_transforms_read_back_equal(tmp_path, transform):
    files = transform_files.write_transform(tmp_path / "T.json", transform)
    assert [path.name for path in files] == ["T.json", "T.nii.gz", "T.inverse.nii.gz"]
    assert transform_files.read_transform(tmp_path / "T.json") == transform
    assert nib.load(tmp_path / "T.nii.gz").shape == (4, 5, 6, 1, 3)


def test_an_affine_transform_needs_no_field(tmp_path, transform):
    transform_files.write_transform(tmp_path / "T.json", transform)
    affine = Transform(transform.fixed_grid, transform.moving_grid, transform.affine)
    assert transform_files.write_transform(tmp_path / "T.json", affine) == (tmp_path / "T.json",)
    assert [path.name for path in tmp_path.iterdir()] == ["T.json"]
    assert transform_files.read_transform(tmp_path / "T.json") == affine


def test_a_transform_of_pictures(tmp_path):
    grid = Grid.picture((4, 5))
    transform = Transform(grid, grid, np.eye(3), np.ones((2, 4, 5), np.float32))
    transform_files.write_transform(tmp_path / "T.json", transform)
    assert transform_files.read_transform(tmp_path / "T.json") == transform


def test_transforms_that_lack_something_are_refused(tmp_path, transform):
    path = tmp_path / "T.json"
    transform_files.write_transform(path, transform)
    data = json.loads(path.read_text())
    data["fixed_grid"]["shape"] = [4, 5, 7]
    path.write_text(json.dumps(data))
    with pytest.raises(Refused, match=r"T\.nii\.gz: lies on"):
        transform_files.read_transform(path)
    transform_files.write_transform(path, transform)
    (tmp_path / "T.nii.gz").unlink()
    with pytest.raises(Refused, match="does not exist"):
        transform_files.read_transform(path)
    path.write_text('{"kind": "transform"}')
    with pytest.raises(Refused, match="form of a transform"):
        transform_files.read_transform(path)
