"""Everything a person may give wrongly: a line each that names it and the remedy, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image as Picture

from hounsfield.cli.ending import run
from hounsfield.cli.main import hounsfield
from hounsfield.inference.trained import TrainedNetwork
from hounsfield.layouts.decathlon import write
from hounsfield.layouts.splits import split_by_patient
from hounsfield.packages.package import self_hash
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.verbs import inspect
from hounsfield.verbs.data import open_dataset

TINY = ("--steps", "1", "--set", "features=4,8", "--set", "batch=1", "--set", "supervised=0", "--set", "patch=16,16,16")
CASE = "torso_0000"  # one of the training cases


@dataclass
class World:
    """A folder with scans, a model and answers, all to be spoilt."""

    root: Path

    def image(self, case: str = CASE) -> Path:
        return self.root / "scans" / "imagesTr" / f"{case}.nii.gz"

    def label(self, case: str = CASE) -> Path:
        return self.root / "scans" / "labelsTr" / f"{case}.nii.gz"

    def keep(self, cases: int) -> None:
        for part in ("imagesTr", "labelsTr"):
            for path in sorted((self.root / "scans" / part).iterdir())[cases:]:
                path.unlink()
        (self.root / "scans" / "dataset.json").unlink()

    def snapshot(self) -> dict[str, bytes]:
        files = (path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in files}


@pytest.fixture
def world(scans: Path, tmp_path: Path, model, monkeypatch: pytest.MonkeyPatch) -> World:
    assert CASE in model.seen.training.values()
    shutil.copytree(model.folder, tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    return World(tmp_path)


def nothing(world: World) -> None:
    """All as it should be."""


def cut(path: Callable[[World], Path], size: int = 200) -> Callable[[World], None]:
    return lambda world: path(world).write_bytes(path(world).read_bytes()[:size]) and None


def written(name: str, text: str) -> Callable[[World], None]:
    return lambda world: (world.root / name).write_text(text, encoding="utf-8") and None


def label_on_another_grid(world: World) -> None:
    label = nib.load(world.label())
    nib.save(nib.Nifti1Image(np.asarray(label.dataobj)[:12], label.affine), world.label())


def label_elsewhere(world: World) -> None:
    label = nib.load(world.label())
    moved = label.affine.copy()
    moved[0, 3] += 50
    nib.save(nib.Nifti1Image(np.asarray(label.dataobj), moved), world.label())


def fractions_for_labels(world: World) -> None:
    label = nib.load(world.label())
    nib.save(nib.Nifti1Image(np.asarray(label.dataobj) + np.float32(0.3), label.affine), world.label())


def without_labels(world: World) -> None:
    shutil.rmtree(world.root / "scans" / "labelsTr")


def empty_folder(world: World) -> None:
    (world.root / "empty").mkdir()


def changed_byte(world: World) -> None:
    path = world.root / "model" / "state.safetensors"
    content = bytearray(path.read_bytes())
    content[-7] ^= 1
    path.write_bytes(content)


def linked_file(world: World) -> None:
    path = world.root / "model" / "facts.json"
    shutil.move(path, world.root / "facts.json")
    path.symlink_to(world.root / "facts.json")


def path_outside(world: World) -> None:
    path = world.root / "model" / "package.json"
    index = json.loads(path.read_text())
    index["files"]["../scans/dataset.json"] = "0" * 64
    path.write_text(json.dumps({**index, "sha256": self_hash(index)}))


def in_the_way(world: World) -> None:
    (world.root / "new").mkdir()
    (world.root / "new" / "precious.nii.gz").write_bytes(b"precious")


TO_NEW = ("train", "scans", "--out", "new")
TRAIN = (*TO_NEW, *TINY)
PREDICT = ("predict", "model", "scans", "--out", "new")

# name: (how the world is spoilt, the command, what the line names, what it says, what it advises)
REFUSED: dict[str, tuple[Callable[[World], None], tuple[str, ...], str, str, str]] = {
    "cut image": (cut(World.image), TRAIN, f"scans/imagesTr/{CASE}.nii.gz", "is cut short", "Copy or export it again"),
    "empty image": (cut(World.image, 0), TRAIN, f"scans/imagesTr/{CASE}.nii.gz", "is empty", "Copy it again"),
    "text for an image": (
        written(f"scans/imagesTr/{CASE}.nii.gz", "hello"), TRAIN, f"imagesTr/{CASE}.nii.gz", "is not a NIfTI file",
        "is it the right file?",
    ),
    "cut label": (cut(World.label), TRAIN, f"scans/labelsTr/{CASE}.nii.gz", "is cut short", "Copy or export it again"),
    "label on another grid": (
        label_on_another_grid, TRAIN, f"scans/labelsTr/{CASE}.nii.gz", "has the shape 12x16x16", "hounsfield inspect",
    ),
    "label elsewhere": (
        label_elsewhere, TRAIN, f"scans/labelsTr/{CASE}.nii.gz", "lies elsewhere", "hounsfield inspect",
    ),
    "fractions for labels": (fractions_for_labels, TRAIN, f"labelsTr/{CASE}.nii.gz", "fractions", "whole numbers"),
    "no labels": (without_labels, TRAIN, "scans", "none with a truth for segmentation", "Add the truths"),
    "one case": (lambda world: world.keep(1), TRAIN, "scans", "leaves 1 patient to learn from", "Add cases"),
    "three cases": (lambda world: world.keep(3), TRAIN, "scans", "4 patients are the fewest", "Add cases"),
    "empty folder": (empty_folder, ("train", "empty", "--out", "new"), "empty", "is an empty folder", "Put the images"),
    "no folder": (nothing, ("train", "nowhere", "--out", "new"), "nowhere", "does not exist", "Check the name"),
    "unknown layout": (nothing, (*TRAIN, "--layout", "poem"), "--layout poem", "no such layout", "Known: "),
    "other layout": (nothing, (*TRAIN, "--layout", "voc"), "scans", "is not laid out as voc", "looks like decathlon"),
    "spoilt dataset.json": (
        written("scans/dataset.json", "{"), TRAIN, "scans/dataset.json", "is no readable JSON", "Mend it",
    ),
    "unknown task": (nothing, (*TRAIN, "--task", "poetry"), "poetry", "There is no task", "Known: detection"),
    "unknown method": (nothing, (*TRAIN, "--method", "unett"), "unett", "There is no method", "Did you mean 'unet'"),
    "method of another task": (
        nothing, (*TO_NEW, "--method", "boosting"), "--method boosting", "data is for segmentation", "another method",
    ),
    "task without truth": (nothing, (*TO_NEW, "--task", "detection"), "scans", "none with a truth", "--derive boxes"),
    "unknown derivation": (nothing, (*TRAIN, "--derive", "poems"), "--derive", "'poems' is unknown", "It derives: "),
    "unknown wish": (nothing, (*TRAIN, "--set", "patchs=8"), "--set patchs", "is no option of any", "Did you mean"),
    "unknown wish of a method": (
        nothing, (*TRAIN, "--method", "unet", "--set", "patchs=8"), "--set patchs", "is no option", "Its options: ",
    ),
    "wish without value": (
        nothing, (*TRAIN, "--set", "patch"), "--set patch", "has no value", "write --set patch=VALUE",
    ),
    "wish of another kind": (
        nothing, (*TRAIN, "--set", "batch=many"), "--set batch", "a whole number", "another value",
    ),
    "wish out of range": (nothing, (*TRAIN, "--set", "overlap=2"), "--set overlap", "at most 0.9", "another value"),
    "negative minutes": (nothing, (*TRAIN, "--minutes", "-3"), "--minutes", "is -3", "Give a time above zero"),
    "endless minutes": (nothing, (*TRAIN, "--minutes", "inf"), "--minutes", "is inf", "Give a time above zero"),
    "minutes in words": (nothing, (*TRAIN, "--minutes", "soon"), "--minutes", "'soon' is not", "train --help"),
    "no steps": (nothing, (*TRAIN, "--steps", "0"), "--steps", "is 0", "Give 1 or more"),
    "negative seed": (nothing, (*TRAIN, "--seed", "-1"), "--seed", "is -1", "Give 0 or more"),
    "no split file": (nothing, (*TRAIN, "--split", "nope.csv"), "nope.csv", "does not exist", "Check the name"),
    "split of unknown cases": (
        written("s.csv", "case,part\nnobody,test\n"), (*TRAIN, "--split", "s.csv"), "s.csv", "'nobody'",
        "as inspect does",
    ),
    "split into unknown parts": (
        written("s.csv", f"case,part\n{CASE},trainig\n"), (*TRAIN, "--split", "s.csv"), "s.csv, line 2", "'trainig'",
        "Write one of training",
    ),
    "no plan": (nothing, (*TO_NEW, "--plan", "p.json"), "p.json", "can not be read", "plan --json"),
    "spoilt plan": (
        written("p.json", "{}"), (*TO_NEW, "--plan", "p.json"), "p.json", "not in the form", "--json",
    ),
    "plan and wishes": (
        nothing, (*TO_NEW, "--plan", "model/plan.json", "--steps", "3"), "--plan", "--steps was given",
        "leave out --steps",
    ),
    "start from no model": (nothing, (*TRAIN, "--start-from", "scans"), "scans", "is no package", "`train --out` made"),
    "model is there": (
        nothing, ("train", "scans", "--out", "model", *TINY), "model", "is there already", "another --out",
    ),
    "out below a file": (
        nothing, ("train", "scans", "--out", "scans/dataset.json/m", *TINY), "scans/dataset.json", "Not a directory",
        "Check the folder",
    ),
    "changed byte": (changed_byte, PREDICT, "model/state.safetensors", "was changed", "Take the package again"),
    "extra file": (
        written("model/extra.txt", "x"), PREDICT, "model/extra.txt", "does not belong", "Take the file out",
    ),
    "linked file": (linked_file, PREDICT, "model/facts.json", "is a link", "Take the package again"),
    "path outside": (path_outside, PREDICT, "model/package.json", "leaves the package", "Take the package again"),
    "missing file": (
        lambda world: (world.root / "model" / "seen.json").unlink(), PREDICT, "model/seen.json", "missing",
        "Take the package",
    ),
    "spoilt package": (
        written("model/package.json", "{"), PREDICT, "model/package.json", "as JSON", "Take the package",
    ),
    "no package": (nothing, ("show", "scans"), "scans", "is no package", "`train --out` made"),
    "no model": (
        nothing, ("predict", "nowhere", "scans", "--out", "new"), "nowhere", "is no package", "`train --out` made",
    ),
    "nothing to answer": (nothing, ("predict", "model", "--out", "new"), "predict", "nothing to answer", "Name files"),
    "answers over images": (
        nothing, ("predict", "model", "scans", "--out", "scans/imagesTr"), "scans/imagesTr", "holds other files",
        "empty folder",
    ),
    "answers over something": (in_the_way, PREDICT, "new", "holds other files", "new or empty folder"),
    "odd input": (
        nothing, ("predict", "model", "--input", "image", "--out", "new"), "--input image", "ROLE=FILE",
        "predict --help",
    ),
    "no answers": (
        nothing, ("evaluate", "nowhere", "scans"), "nowhere", "is no folder of answers", "`predict --out` made",
    ),
    "no truth": (nothing, ("evaluate", "scans/labelsTr", "nowhere"), "nowhere", "does not exist", "Check the name"),
    "answers to other cases": (
        empty_folder, ("evaluate", "empty", "scans"), "empty", "answers none of the 10 cases", "named like the cases",
    ),
    "compare nothing": (nothing, ("compare", "model", "nowhere"), "nowhere", "is neither a model", "Check the name"),
    "compare without scores": (nothing, ("compare", "model", "scans"), "scans", "carries no scores", "Name the truth"),
    "unknown verb": (nothing, ("trian", "scans"), "trian", "There is no command", "Did you mean 'train'"),
    "unknown option": (nothing, (*TO_NEW, "--minuets", "3"), "--minuets", "No such option", "--help"),
    "no out": (nothing, ("train", "scans"), "--out", "Missing option", "train --help"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_line_names_the_fault_and_the_remedy_and_nothing_is_left(name: str, world: World, command) -> None:
    spoil, words, where, what, remedy = REFUSED[name]
    spoil(world)
    before = world.snapshot()
    ended = command(*words)
    assert (ended.code, ended.out) == (2, "")
    assert 1 <= len(ended.said) <= 2, ended.said
    assert any(where in line and what in line and remedy in line for line in ended.said), ended.said
    assert world.snapshot() == before
    assert {path.name for path in world.root.iterdir()} <= {
        "scans",
        "model",
        "empty",
        "new",
        "s.csv",
        "p.json",
        "facts.json",
    }
    assert not (world.root / "new").exists() or spoil is in_the_way


IN_PART = {
    "image": (cut(World.image), f"imagesTr/{CASE}.nii.gz: is cut short"),
    "label": (cut(World.label), f"labelsTr/{CASE}.nii.gz: is cut short"),
}


@pytest.mark.parametrize("name", IN_PART)
def test_training_without_a_bad_case_says_so_at_the_end(name: str, world: World, command) -> None:
    spoil, said = IN_PART[name]
    spoil(world)
    refused = command(*TRAIN)
    assert refused.code == 2
    assert "--allow-bad 1" in refused.said[-1]
    ended = command(*TRAIN, "--allow-bad", "1")
    assert ended.code == 3
    assert len(ended.said) == 1
    assert ended.said[0].startswith("hounsfield: left out: ")
    assert said in ended.said[0]
    told = json.loads(command("show", "new", "--json").out)
    assert len(told["measured"]["left_out"]) == 1
    assert told["cases"]["training"] == 6


def test_without_a_validation_case_nobody_knows_how_good_it_is(world: World, command) -> None:
    names = sorted(path.name.removesuffix(".nii.gz") for path in (world.root / "scans" / "imagesTr").iterdir())[:5]
    rows = [f"{name},{'validation' if name == names[4] else 'training'}" for name in names]
    (world.root / "s.csv").write_text("\n".join(["case,part", *rows]) + "\n")
    world.image(names[4]).write_bytes(b"no image")
    ended = command(*TRAIN, "--split", "s.csv", "--allow-bad", "1")
    assert ended.code == 3
    said = "There was no validation case: how good the model is, is unknown."
    assert said in ended.out
    page = (world.root / "new" / "report.html").read_text()
    assert said in page
    assert "flatter" not in page


def test_a_twentieth_of_the_cases_may_be_bad(tmp_path: Path, command) -> None:
    write(phantom_dataset("torso", cases=24, size=(16, 16, 16)), tmp_path / "scans")
    parts = split_by_patient(open_dataset(tmp_path / "scans").cases, seed=0)
    training = [case.id for case in parts if case.split == "training"]
    bad = [tmp_path / "scans" / "imagesTr" / f"{case}.nii.gz" for case in training[:2]]
    bad[0].write_bytes(b"no image")
    ended = command("train", tmp_path / "scans", "--out", tmp_path / "m", *TINY)
    assert ended.code == 3
    assert str(bad[0]) in ended.said[0]
    bad[1].write_bytes(b"no image")
    assert "--allow-bad" in command("train", tmp_path / "scans", "--out", tmp_path / "n", *TINY).said[-1]


def test_of_a_hundred_pictures_four_may_be_bad_and_seven_not(tmp_path: Path, command) -> None:
    pictures = [tmp_path / "pictures" / name / f"{n:02d}.png" for name in ("ill", "well") for n in range(50)]
    rng = np.random.default_rng(0)
    for path in pictures:
        path.parent.mkdir(parents=True, exist_ok=True)
        Picture.fromarray(rng.integers(0, 256, (12, 12), dtype=np.uint8)).save(path)
    tiny = ("--steps", "1", "--set", "features=4,8", "--set", "blocks=1", "--set", "batch=2")
    for path in pictures[:80:20]:
        path.write_bytes(b"no picture")
    ended = command("train", tmp_path / "pictures", "--out", tmp_path / "m", *tiny)
    assert ended.code == 3
    assert [line.split(":")[1].strip() for line in ended.said] == ["left out"] * 4
    for path in pictures[5:65:20]:
        path.write_bytes(b"no picture")
    refused = command("train", tmp_path / "pictures", "--out", tmp_path / "n", *tiny)
    assert (refused.code, len(refused.said)) == (2, 8)
    assert "has 7 bad cases among 100, and 5 may be left out" in refused.said[-1]
    assert "--allow-bad 7" in refused.said[-1]
    assert {path.name for path in tmp_path.iterdir()} == {"pictures", "m", "m.run"}
    predicted = command("predict", tmp_path / "m", tmp_path / "pictures", "--out", tmp_path / "a")
    assert (predicted.code, predicted.out.splitlines()[0]) == (3, f"93 answered, in {tmp_path / 'a'}")
    assert command("evaluate", tmp_path / "a", tmp_path / "pictures").code == 3


def test_what_a_list_names_and_is_not_there_is_a_bad_case(world: World, command) -> None:
    described = world.root / "scans" / "dataset.json"
    said = json.loads(described.read_text())
    said["training"].append({"image": "./imagesTr/elsewhere.nii.gz", "label": "./labelsTr/elsewhere.nii.gz"})
    described.write_text(json.dumps(said))
    refused = command(*TRAIN)
    assert (refused.code, len(refused.said)) == (2, 2)
    assert "lists ./imagesTr/elsewhere.nii.gz, which is not there" in refused.said[0]
    assert "--allow-bad 1" in refused.said[1]
    ended = command(*TRAIN, "--allow-bad", "1")
    assert (ended.code, len(ended.said)) == (3, 1)
    assert "elsewhere" in ended.said[0]


def test_predict_and_evaluate_go_on_past_bad_cases(world: World, command) -> None:
    world.image("torso_0001").write_bytes(b"no image")
    (world.root / "scans" / "imagesTr" / "torso_0011.nii.gz").write_bytes(b"")
    ended = command(*PREDICT)
    assert ended.code == 3
    assert ended.out.startswith("9 answered, in new\n\nNext: hounsfield evaluate new TRUTH")
    assert [line.split(":")[1].strip() for line in ended.said] == ["not answered"] * 2
    again = command(*PREDICT)
    assert (again.code, again.out.splitlines()[0]) == (3, "0 answered, 9 were there already, in new")
    manifest = world.root / "new" / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace('"seen": "training"', '"seen": "no"'))
    scored = command("evaluate", "new", "scans")
    assert scored.code == 3
    assert "torso_0001.nii.gz" in scored.said[0]
    assert "as the worst value in dice" in scored.out


def test_where_nothing_could_be_answered_nothing_was_done(world: World, command) -> None:
    world.image().write_bytes(b"no image")
    ended = command("predict", "model", world.image(), "--out", "new")
    assert (ended.code, ended.out) == (2, "")
    assert str(world.image()) in ended.said[0]
    assert [path.name for path in (world.root / "new").iterdir()] == ["manifest.jsonl"]


@pytest.mark.parametrize(("length", "is_answered"), [(244, False), (225, False), (224, True)])
def test_a_name_too_long_for_an_answer_is_refused_before_the_work(
    length: int, is_answered: bool, world: World, command, monkeypatch
) -> None:
    image = world.root / f"{'n' * length}.nii.gz"
    world.image().rename(image)
    if not is_answered:
        monkeypatch.setattr(TrainedNetwork, "evidence", lambda *_: pytest.fail("the work was done"))
    ended = command("predict", "model", image, "--out", "new")
    entry = json.loads((world.root / "new" / "manifest.jsonl").read_text())
    assert (ended.code, bool(entry["answers"])) == ((0, True) if is_answered else (2, False))
    if not is_answered:
        what = f"has a name of {length} bytes: with what is added to it, its answer would have more than 255"
        assert ended.said == [f"hounsfield: {image}: {what}. Rename it, to at most 224 bytes before the suffix."]


def test_images_of_another_dimension_are_refused_in_one_line(world: World, command) -> None:
    for number in range(12):
        picture = world.root / "pictures" / f"p{number:02d}.png"
        picture.parent.mkdir(exist_ok=True)
        Picture.fromarray(np.zeros((16, 16), np.uint8)).save(picture)
    ended = command("predict", "model", "pictures", "--out", "new")
    assert (ended.code, ended.out) == (2, "")
    assert ended.said == [
        "hounsfield: pictures/p00.png (and all others, 12 in all): has 2 dimensions, and the model was made for 3. "
        "Give images like those it was trained on."
    ]
    assert len((world.root / "new" / "manifest.jsonl").read_text().splitlines()) == 12


def test_inspect_is_content_with_what_it_could_read(world: World, command) -> None:
    world.image().write_bytes(b"no image")
    assert command("inspect", "scans").code == 0
    assert len(command("inspect", "scans").said) == 1
    assert command("inspect", "scans", "--strict").code == 3
    world.keep(1)
    assert command("inspect", "scans").code == 2


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users and permissions")
def test_a_folder_that_may_not_be_written_to(world: World, command) -> None:
    """Root may write everywhere, so it becomes somebody else for a moment."""
    closed = world.root / "closed"
    closed.mkdir(mode=0o555)
    assert command(*TRAIN).code == 0  # what is imported late is there now
    user = os.geteuid()
    if user == 0:
        for path in (world.root, *world.root.parents[:2]):
            path.chmod(0o755)
        os.seteuid(65534)
    try:
        for words in (
            ("train", "scans", "--out", "closed/m", *TINY),
            ("predict", "model", "scans", "--out", "closed/a"),
        ):
            ended = command(*words)
            assert ended.code == 2
            assert "Permission denied" in ended.said[0]
            assert str(closed.name) in ended.said[0]
    finally:
        if user == 0:
            os.seteuid(0)
    assert not list(closed.iterdir())


def test_a_fault_of_ours_is_called_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], torsos
) -> None:
    monkeypatch.setattr(inspect, "fingerprint", lambda *words, **more: 1 / 0)
    assert run(hounsfield, ["inspect", str(torsos)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith("hounsfield: this is a fault of hounsfield (ZeroDivisionError: division by zero)")
