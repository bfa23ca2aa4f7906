"""register and apply, in Python and on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from hounsfield.cli import progress
from hounsfield.cli.ending import run
from hounsfield.cli.main import hounsfield
from hounsfield.formats import nifti, picture
from hounsfield.formats.points_csv import read_points, write_points
from hounsfield.formats.transform_files import read_transform
from hounsfield.phantoms.torso import torso_pair
from hounsfield.tasks.registration import TASK
from hounsfield.values import Case, Findings, Grid, Image, LabelMap, Points, Refused, Transform
from hounsfield.verbs.apply import apply
from hounsfield.verbs.register import register

QUICK = (("iterations", "5"), ("affine_iterations", "15"), ("levels", "2"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Path:
    """fixed.nii.gz, moving.nii.gz and their organs and landmarks, with the true transform t.json."""
    folder = tmp_path_factory.mktemp("pair")
    case = torso_pair(0, 0, shape=(24, 20, 28), spacing=12)
    for role in ("fixed", "moving"):
        nifti.write_image(folder / f"{role}.nii.gz", case.inputs[role].load())
        organs, landmarks = case.truth(LabelMap, of=role), case.truth(Points, of=role)
        nifti.write_labels(folder / f"{role}_organs.nii.gz", organs.array, organs.grid)
        write_points(folder / f"{role}_points.csv", landmarks)
    TASK.write(Findings(case.truth(Transform)), folder / "t", Case("t", {}))
    return folder


def command(words: list, monkeypatch) -> int:
    monkeypatch.setattr("sys.argv", ["hounsfield", *map(str, words)])
    return run(hounsfield)


def test_register_then_apply(pair: Path, tmp_path: Path):
    found = register(pair / "fixed.nii.gz", pair / "moving.nii.gz", out=tmp_path / "r", wishes=QUICK)
    assert found.after > found.before
    assert found.after > 0.8
    assert found.folding == 0
    assert read_transform(found.files[0]) == found.transform
    assert [file.name for file in found.files] == ["r.json", "r.nii.gz"]
    assert found.transform.fixed_grid == nifti.read_grid(pair / "fixed.nii.gz")
    carried = apply(found.files[0], [pair / "moving.nii.gz", pair / "moving_organs.nii.gz"], out=tmp_path / "c")
    assert list(carried.done.values()) == ["linear", "nearest"]
    for name in ("moving.nii.gz", "moving_organs.nii.gz"):
        assert nifti.read_grid(tmp_path / "c" / name) == found.transform.fixed_grid
    with pytest.raises(Refused, match="there already"):
        register(pair / "fixed.nii.gz", pair / "moving.nii.gz", out=tmp_path / "r.json")


def test_register_says_what_it_is_doing(pair: Path, tmp_path: Path, monkeypatch, capsys):
    events = []
    images = [pair / f"{role}.nii.gz" for role in ("fixed", "moving")]
    register(*images, out=tmp_path / "r", wishes=QUICK, watch=events.append)
    stages = [(stage, done, 1) for stage in ("registering", "measuring") for done in (0, 1)]
    assert [(event["stage"], event["done"], event["total"]) for event in events] == stages
    monkeypatch.setattr(progress, "is_live", lambda: True)
    quick = [word for name, value in QUICK for word in ("--set", f"{name}={value}")]
    assert command(["register", *images, "--out", tmp_path / "q", *quick], monkeypatch) == 0
    assert "registering  0/1" in capsys.readouterr().err


def test_images_are_pulled_as_simpleitk_pulls_them(pair: Path, tmp_path: Path):
    transform = read_transform(pair / "t.json")
    apply(pair / "t.json", pair / "moving.nii.gz", out=tmp_path)
    flip = np.diag([-1.0, -1.0, 1.0])
    field = sitk.ReadImage(str(pair / "t.nii.gz"), sitk.sitkVectorFloat64)
    lps = sitk.GetImageFromArray(sitk.GetArrayFromImage(field) * np.array([-1.0, -1.0, 1.0]), isVector=True)
    lps.CopyInformation(field)
    linear = sitk.AffineTransform(3)
    linear.SetMatrix((flip @ transform.affine[:3, :3] @ flip).ravel().tolist())
    linear.SetTranslation((flip @ transform.affine[:3, 3]).tolist())
    both = sitk.CompositeTransform([linear, sitk.DisplacementFieldTransform(lps)])
    moving = sitk.ReadImage(str(pair / "moving.nii.gz"), sitk.sitkFloat32)
    fixed = sitk.ReadImage(str(pair / "fixed.nii.gz"))
    low = float(sitk.GetArrayFromImage(moving).min())
    expected = sitk.GetArrayFromImage(sitk.Resample(moving, fixed, both, sitk.sitkLinear, low)).T
    ours = nifti.read_image(tmp_path / "moving.nii.gz").array()[0]
    inside = np.s_[2:-2, 2:-2, 2:-2]
    differ = np.abs(ours - expected)[inside]
    assert np.mean(differ > 1.0) < 0.01  # only where one of both is just outside the moving image


def test_there_and_back(pair: Path, tmp_path: Path):
    apply(pair / "t.json", pair / "moving_organs.nii.gz", out=tmp_path / "there")
    (tmp_path / "there" / "moving_organs.nii.gz").rename(tmp_path / "organs.nii.gz")
    apply(pair / "t.json", tmp_path / "organs.nii.gz", out=tmp_path / "back", inverse=True)
    before, grid = nifti.read_labels(pair / "moving_organs.nii.gz")
    after, same = nifti.read_labels(tmp_path / "back" / "organs.nii.gz")
    assert same == grid
    inner = np.s_[4:-4, 4:-4, 4:-4]
    assert np.mean(before[inner] == after[inner]) > 0.9


def test_points_go_with_their_structures(pair: Path, tmp_path: Path):
    carried = apply(pair / "t.json", pair / "moving_points.csv", out=tmp_path / "a")
    assert carried.done == {str(pair / "moving_points.csv"): "points"}
    assert carried.residual_mm < 0.01
    moved, goal = read_points(tmp_path / "a" / "moving_points.csv"), read_points(pair / "fixed_points.csv")
    assert moved.names == goal.names
    both = np.isfinite(moved.coordinates).all(axis=1) & np.isfinite(goal.coordinates).all(axis=1)
    assert both.sum() > 6
    # the phantom's displacement is linear between centres only in the file
    assert np.linalg.norm(moved.coordinates[both] - goal.coordinates[both], axis=1).max() < 3.0
    apply(pair / "t.json", tmp_path / "a" / "moving_points.csv", out=tmp_path / "b", inverse=True)
    back, start = read_points(tmp_path / "b" / "moving_points.csv"), read_points(pair / "moving_points.csv")
    np.testing.assert_allclose(back.coordinates, start.coordinates, atol=0.01)


def test_points_outside_of_the_grid_follow_the_affine_part(tmp_path: Path):
    affine = np.diag([2.0, 0.5, 1.0, 1.0])
    affine[:3, 3] = (1, 2, 3)
    grid = Grid.regular((4, 4, 4))
    TASK.write(Findings(Transform(grid, grid, affine)), tmp_path / "t", Case("t", {}))
    write_points(tmp_path / "p.csv", Points(np.array([[101.0, 52.0, -7.0], [np.nan] * 3]), ("far", "none"), [1, 0]))
    apply(tmp_path / "t.json", tmp_path / "p.csv", out=tmp_path / "out")
    found = read_points(tmp_path / "out" / "p.csv")
    np.testing.assert_allclose(found.coordinates[0], [50, 100, -10], atol=1e-9)
    assert np.isnan(found.coordinates[1]).all()


def test_pictures_are_carried_as_pictures(tmp_path: Path):
    grid = Grid.picture((20, 24))
    shift = np.eye(3)
    shift[:2, 2] = (2, 3)
    TASK.write(Findings(Transform(grid, grid, shift)), tmp_path / "t", Case("t", {}))
    image = np.random.default_rng(0).integers(0, 256, (3, 20, 24), dtype=np.uint8)
    picture.write_picture(tmp_path / "rgb.png", image)
    assert (
        apply(tmp_path / "t.json", tmp_path / "rgb.png", out=tmp_path / "out").done[str(tmp_path / "rgb.png")]
        == "linear"
    )
    carried = picture.read_image(tmp_path / "out" / "rgb.png").array(np.uint8)
    np.testing.assert_array_equal(carried[:, :18, :21], image[:, 2:, 3:])


def test_what_is_wrong_is_refused_and_the_rest_goes_on(pair: Path, tmp_path: Path):
    flat = tmp_path / "flat.png"
    picture.write_picture(flat, np.zeros((8, 8), np.uint8))
    text = tmp_path / "notes.txt"
    text.write_text("no image")
    carried = apply(pair / "t.json", [flat, text, pair / "moving.nii.gz"], out=tmp_path / "out")
    assert len(carried.problems) == 2
    assert list(carried.done) == [str(pair / "moving.nii.gz")]
    with pytest.raises(Refused, match="neither image nor points"):
        apply(pair / "t.json", text, out=tmp_path / "out")
    with pytest.raises(Refused, match="written over"):
        apply(pair / "t.json", pair / "moving.nii.gz", out=pair)
    with pytest.raises(Refused):
        apply(pair / "moving.nii.gz", pair / "moving.nii.gz", out=tmp_path / "out")
    with pytest.raises(Refused, match="does segmentation"):
        register(pair / "fixed.nii.gz", pair / "moving.nii.gz", out=tmp_path / "r", method="unet")
    with pytest.raises(Refused, match="no option"):
        register(pair / "fixed.nii.gz", pair / "moving.nii.gz", out=tmp_path / "r", wishes=(("depth", "3"),))
    assert not (tmp_path / "r.json").exists()


def test_what_lies_elsewhere_is_said(pair: Path, tmp_path: Path):
    grid = read_transform(pair / "t.json").moving_grid
    beside = grid.affine.copy()
    beside[:3, 3] += (5000, 0, 0)
    coarse = Grid(tuple(n // 2 for n in grid.shape), grid.affine @ np.diag([2.0, 2.0, 2.0, 1.0]))
    names = {"same": grid, "coarse": coarse, "beside": Grid(grid.shape, beside)}
    for name, own in names.items():
        nifti.write_image(tmp_path / f"{name}.nii.gz", Image.of(np.ones(own.shape, np.float32), own))
    files = [tmp_path / f"{name}.nii.gz" for name in names]
    carried = apply(pair / "t.json", files, out=tmp_path / "out")
    assert list(carried.done) == [str(file) for file in files[:2]]
    assert list(carried.alarms) == [str(files[1])]
    assert "the moving image on" in carried.alarms[str(files[1])]
    [problem] = carried.problems
    assert (problem.where, problem.what.startswith("lies nowhere on the moving image's grid")) == (str(files[2]), True)
    assert carried.to_json()["alarms"] == dict(carried.alarms)
    moved = grid.affine.copy()
    moved[:3, 3] += 20
    nifti.write_image(tmp_path / "moved.nii.gz", Image.of(np.ones(grid.shape, np.float32), Grid(grid.shape, moved)))
    [alarm] = apply(pair / "t.json", tmp_path / "moved.nii.gz", out=tmp_path / "out").alarms.values()
    assert alarm.startswith("lies elsewhere than the moving image, on a grid of the same size; it was carried")
    fixed = nifti.read_grid(pair / "fixed.nii.gz")
    back = apply(pair / "t.json", pair / "fixed.nii.gz", out=tmp_path / "back", inverse=True)
    assert (dict(back.alarms), fixed == grid) == ({}, False)


def test_points_outside_of_the_image_are_counted(pair: Path, tmp_path: Path, monkeypatch, capsys):
    grid = read_transform(pair / "t.json").moving_grid
    inside = grid.to_world(np.array(grid.shape) / 2)[0]
    write_points(
        tmp_path / "p.csv", Points(np.array([inside, inside + 5000, [np.nan] * 3]), ("a", "b", "c"), [1, 1, 0])
    )
    carried = apply(pair / "t.json", tmp_path / "p.csv", out=tmp_path / "out")
    said = "has 1 of 2 points outside of the moving image's grid. Are they of this image, in its world?"
    assert carried.alarms == {str(tmp_path / "p.csv"): said}
    assert command(["apply", pair / "t.json", tmp_path / "p.csv", "--out", tmp_path / "b"], monkeypatch) == 0
    assert f"hounsfield: {tmp_path / 'p.csv'}: {said}" in capsys.readouterr().err.splitlines()


def test_files_of_one_name_are_refused_in_time(pair: Path, tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Moving.nii.gz").write_bytes((pair / "moving.nii.gz").read_bytes())
    files = [pair / "moving.nii.gz", tmp_path / "a" / "Moving.nii.gz"]
    with pytest.raises(Refused, match=r"Carry them one after the other, each with an --out of its own\."):
        apply(pair / "t.json", files, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    for number, file in enumerate(files):
        assert apply(pair / "t.json", file, out=tmp_path / f"out{number}").done


@pytest.mark.parametrize("name", ["r.json", "r.nii.gz", "r.inverse.nii.gz"])
def test_no_file_of_a_transform_is_written_over(pair: Path, tmp_path: Path, name: str):
    (tmp_path / name).write_text("mine")
    with pytest.raises(Refused, match=rf"{name}: is there already"):
        register(pair / "fixed.nii.gz", pair / "moving.nii.gz", out=tmp_path / "r.json", wishes=QUICK)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: "mine"}


def test_what_is_carried_is_written_over_nothing(pair: Path, tmp_path: Path, monkeypatch, capsys):
    names = ("moving.nii.gz", "moving_organs.nii.gz", "moving_points.csv")
    for name in names[1:]:
        (tmp_path / name).write_text("mine")
    words = ["apply", pair / "t.json", *(pair / name for name in names), "--out", tmp_path]
    assert command(words, monkeypatch) == 2
    [said] = capsys.readouterr().err.splitlines()
    assert f"{tmp_path / names[1]} (and 1 more of the files given): is there already. Give another --out" in said
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(names[1:], "mine")


def test_arguments_are_described(capsys):
    for verb, words in {"register": ("FIXED", "MOVING"), "apply": ("TRANSFORM", "FILES")}.items():
        assert run(hounsfield, [verb, "--help"]) == 0
        said = capsys.readouterr().out
        assert all(f"\n  {word}: " in said for word in words), said


def test_whole_numbers_may_be_said_to_be_an_image(tmp_path: Path):
    grid = Grid.regular((6, 6, 6))
    half = np.eye(4)
    half[0, 3] = 0.5
    nifti.write_image(tmp_path / "x.nii.gz", Image.of(np.arange(216, dtype=np.int16).reshape(6, 6, 6) // 36, grid))
    way = Transform(grid, grid, half)
    assert apply(way, tmp_path / "x.nii.gz", out=tmp_path / "a").done[str(tmp_path / "x.nii.gz")] == "nearest"
    apply(way, tmp_path / "x.nii.gz", out=tmp_path / "b", labels=False)
    np.testing.assert_allclose(nifti.read_image(tmp_path / "b" / "x.nii.gz").array()[0, :5, 0, 0], np.arange(5) + 0.5)


def test_command_line(pair: Path, tmp_path: Path, monkeypatch, capsys):
    quick = [word for name, value in QUICK for word in ("--set", f"{name}={value}")]
    words = ["register", pair / "fixed.nii.gz", pair / "moving.nii.gz", "--out", tmp_path / "r", "--json", *quick]
    assert command(words, monkeypatch) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["after"] > said["before"]
    carry = ["apply", tmp_path / "r.json", pair / "moving.nii.gz", "--out", tmp_path / "c"]
    assert command(carry, monkeypatch) == 0
    assert "linearly" in capsys.readouterr().out
    assert command([*carry[:-1], tmp_path / "d", tmp_path / "missing.nii.gz"], monkeypatch) == 3
    assert "missing.nii.gz" in capsys.readouterr().err
    assert command(words, monkeypatch) == 2
    assert command(["register", "a.nii.gz", "b.nii.gz", "--out", tmp_path / "q"], monkeypatch) == 2
    assert not (tmp_path / "q.json").exists()
