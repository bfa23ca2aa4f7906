"""predict with maps of probabilities: what they hold, when a case is answered again, who must not mistake them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image as Pillow

from hounsfield.answers import probability_files
from hounsfield.formats.files import sha256_of
from hounsfield.methods.deformable.method import METHOD as REGISTRATION
from hounsfield.methods.unet.method import METHOD as UNET
from hounsfield.packages.package import Package
from hounsfield.packages.writing import Contents, write_package
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.registry.tables import TASKS
from hounsfield.values import Budget, Dense, Facts, Findings, Image, LabelMap, Limits, Refused, State
from hounsfield.verbs.data import open_dataset
from hounsfield.verbs.evaluate import evaluate
from hounsfield.verbs.inspect import inspect
from hounsfield.verbs.model import load
from hounsfield.verbs.predict import predict
from hounsfield.verbs.train import train

IDS = tuple(f"torso_{n:04d}" for n in range(10))
HALF_A_STEP = 1 / 510 + 1e-7


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def names(folder: Path, case: str = IDS[0]) -> set[str]:
    """What lies there of a case, the case's name left out."""
    return {path.name.removeprefix(case) for path in folder.iterdir() if path.name.startswith(case)}


PLAIN = {".nii.gz", ".labels.json"}
MAPS = {
    "uint8": {".probabilities.nii.gz", ".probabilities.json"},
    "float16": {".probabilities.npz", ".probabilities.json"},
}


@pytest.fixture(scope="module")
def first(torsos: Path) -> Path:
    return torsos / "imagesTr" / f"{IDS[0]}.nii.gz"


@pytest.fixture(scope="module")
def cells_model(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A U-Net for pictures that tells touching objects apart by their borders, after two steps."""
    wishes = {"features": [4, 8], "batch": 1, "supervised": 0, "patch": [16, 16]}
    cells = phantom_dataset("cells", cases=8, size=(48, 48))
    return train(cells, out=tmp_path_factory.mktemp("cells") / "m", task="segmentation", steps=2, wishes=wishes)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures of cells."""
    folder = tmp_path_factory.mktemp("pictures")
    for number, case in enumerate(phantom_dataset("cells", cases=10, size=(40, 56)).cases[8:]):
        pixels = np.clip(case.inputs["image"].load().array(np.float32), 0, 255).astype(np.uint8)
        Pillow.fromarray(np.moveaxis(pixels, 0, -1).squeeze()).save(folder / f"cells_{number}.png")
    return folder


def said_by(model: Package, folder: Path) -> Dense:
    """What the model says of the first case of a folder, before anything is rounded."""
    evidence = model.open().evidence(open_dataset(folder).cases[0], Limits())
    assert isinstance(evidence, Dense)
    return evidence


def test_maps_of_volumes_are_what_the_model_says(model: Package, torsos: Path, tmp_path: Path) -> None:
    evidence = said_by(model, torsos)
    plain = predict(model, torsos, out=tmp_path / "plain")
    for kind in ("uint8", "float16"):
        assert load(model).predict(torsos, out=tmp_path / kind, probabilities=kind).done == plain.done == IDS
        assert names(tmp_path / kind) == PLAIN | MAPS[kind]
        for suffix in PLAIN:
            answers = [tmp_path / folder / f"{IDS[0]}{suffix}" for folder in ("plain", kind)]
            assert answers[0].read_bytes() == answers[1].read_bytes(), "the answer is the same with maps and without"
    shown = nib.load(tmp_path / "uint8" / f"{IDS[0]}.probabilities.nii.gz").get_fdata()
    np.testing.assert_allclose(np.moveaxis(shown, -1, 0), evidence.array(), rtol=0, atol=HALF_A_STEP)
    with np.load(tmp_path / "float16" / f"{IDS[0]}.probabilities.npz") as found:
        assert np.array_equal(found["probabilities"], evidence.array().astype(np.float16))
        assert tuple(found["channels"]) == evidence.channels


def test_maps_of_pictures_have_a_channel_for_the_border(cells_model: Package, cells: Path, tmp_path: Path) -> None:
    evidence = said_by(cells_model, cells)
    for kind, suffix in (("uint8", "tif"), ("float16", "npz")):
        predict(cells_model, cells, out=tmp_path / kind, probabilities=kind)
        assert f".probabilities.{suffix}" in names(tmp_path / kind, "cells_0")
        assert ".objects.png" in names(tmp_path / kind, "cells_0")
        said = json.loads((tmp_path / kind / "cells_0.probabilities.json").read_text(encoding="utf-8"))
        assert said["channels"] == ["background", "round", "long", "border"]
        assert said["values"] == [0, 1, 2, None]
    with Pillow.open(tmp_path / "uint8" / "cells_0.probabilities.tif") as opened:
        opened.seek(3)
        assert opened.size == (56, 40)
        np.testing.assert_allclose(np.asarray(opened) / 255, evidence.array()[3], atol=HALF_A_STEP)
    with np.load(tmp_path / "float16" / "cells_0.probabilities.npz") as found:
        assert np.array_equal(found["probabilities"], evidence.array().astype(np.float16))


def test_a_case_is_looked_at_once(
    model: Package, torsos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For answer and maps together, even of a model that makes its slabs when they are asked for."""
    seen = list[str]()
    own = type(UNET).evidence

    def evidence(self, plan, forward, case, limits) -> Dense:  # type: ignore[no-untyped-def]
        def slabs() -> Iterator[tuple[int, int, np.ndarray]]:
            seen.append(case.id)
            yield from own(self, plan, forward, case, limits).slabs()

        grid = case.inputs["image"].load().grid
        return Dense(grid, *_names(own(self, plan, forward, case, limits)), slabs)

    monkeypatch.setattr(type(UNET), "evidence", evidence)
    predict(model, torsos, out=tmp_path / "a", probabilities="uint8")
    assert seen == list(IDS)


def _names(evidence: Dense) -> tuple[tuple[str, ...], dict[int, str]]:
    return evidence.channels, evidence.labels


def test_the_manifest_names_the_maps_behind_the_answer(model: Package, first: Path, tmp_path: Path) -> None:
    predict(model, first, out=tmp_path, probabilities="float16")
    (line,) = lines(tmp_path)
    assert line["probabilities"] == "float16"
    assert next(iter(line["answers"])) == first.name
    assert set(line["answers"]) == {f"{IDS[0]}{suffix}" for suffix in PLAIN | MAPS["float16"]}
    assert all(sha256_of(tmp_path / name) == digest for name, digest in line["answers"].items())


def test_what_was_answered_without_maps_is_answered_again_for_them(
    model: Package, torsos: Path, tmp_path: Path
) -> None:
    predict(model, torsos, out=tmp_path)
    assert predict(model, torsos, out=tmp_path, probabilities="uint8").done == IDS
    for asked in ("uint8", None):
        assert predict(model, torsos, out=tmp_path, probabilities=asked).there == IDS
    (tmp_path / f"{IDS[3]}.probabilities.nii.gz").write_bytes(b"spoilt")
    assert predict(model, torsos, out=tmp_path, probabilities="uint8").done == IDS[3:4]


def test_maps_never_outlive_the_answer_they_belong_to(model: Package, first: Path, tmp_path: Path) -> None:
    """Asked in 16 bits, those of 8 go; another model's answer has none beside it that are not its own."""
    predict(model, first, out=tmp_path, probabilities="uint8")
    (tmp_path / f"{IDS[0]}.notes.txt").write_text("mine", encoding="utf-8")
    predict(model, first, out=tmp_path, probabilities="float16")
    assert names(tmp_path) == PLAIN | MAPS["float16"] | {".notes.txt"}
    other = write_package(tmp_path / "other", Contents(model.plan, _other(model.state), model.facts))
    assert predict(other, first, out=tmp_path).done == IDS[:1]
    assert names(tmp_path) == PLAIN | {".notes.txt"}


def _other(state: State) -> State:
    return replace(state, arrays={name: array * np.float32(1.01) for name, array in state.arrays.items()})


def test_a_manifest_that_names_other_files_has_them_deleted_by_nobody(
    model: Package, first: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    predict(model, first, out=out, probabilities="uint8")
    (line,) = lines(out)
    (out / f"{IDS[0]}.d").mkdir()
    kept = tmp_path / f"{IDS[0]}.txt", out / "table.csv"
    for path in kept:
        path.write_text("mine", encoding="utf-8")
    line["answers"] |= {f"{IDS[0]}.d/../../{kept[0].name}": "", kept[1].name: "", str(kept[0]): ""}
    (out / "manifest.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert predict(model, first, out=out, probabilities="float16").done == IDS[:1]
    assert all(path.exists() for path in kept)


@pytest.mark.parametrize("spoilt", ["maps", "answer"])
def test_an_interruption_leaves_no_half_of_anything(
    spoilt: str, model: Package, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(path: Path, *words: object, **more: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    out = tmp_path / "out"
    if spoilt == "maps":
        monkeypatch.setattr(probability_files.nifti, "write_scaled", half)
    else:
        monkeypatch.setattr(probability_files.nifti, "write_labels", half)
    with pytest.raises(KeyboardInterrupt):
        predict(model, first, out=out, probabilities="uint8")
    assert lines(out) == []
    assert [path for path in out.iterdir() if path.name.startswith(".") or path.read_bytes() == b"half"] == []
    monkeypatch.undo()
    assert predict(model, first, out=out, probabilities="uint8").done == IDS[:1]


def test_maps_are_neither_scored_nor_taken_for_cases(
    model: Package, cells_model: Package, torsos: Path, cells: Path, tmp_path: Path
) -> None:
    images = [torsos / "imagesTr" / f"{case}.nii.gz" for case in IDS[:3]]
    for kind in ("uint8", "float16"):
        out = tmp_path / kind
        predict(model, images, out=out, probabilities=kind)
        assert [case.id for case in inspect(out).dataset] == list(IDS[:3])
        predict(cells_model, cells, out=tmp_path / f"cells_{kind}", probabilities=kind)
        assert [case.id for case in inspect(tmp_path / f"cells_{kind}").dataset] == ["cells_0", "cells_1"]
    (tmp_path / "uint8" / "manifest.jsonl").unlink()
    assert evaluate(tmp_path / "uint8", torsos).cases.keys() == set(IDS[:3])


def test_two_cases_never_share_a_file(model: Package, first: Path, tmp_path: Path) -> None:
    other = shutil.copy(first, tmp_path / f"{IDS[0]}.probabilities.nii.gz")
    with pytest.raises(Refused, match=f"in a file of the answer to {IDS[0]}"):
        predict(model, [first, other], out=tmp_path / "out", probabilities="uint8")


def test_a_task_without_maps_is_refused_before_anything_is_answered(first: Path, tmp_path: Path) -> None:
    plan = REGISTRATION.candidates(Facts(), Budget(), {})[0]
    package = write_package(tmp_path / "m", Contents(plan, State(), Facts()))
    words = {"fixed": first, "moving": first}
    with pytest.raises(Refused, match="asked of a model for registration, which has no probabilities"):
        predict(package, out=tmp_path / "out", inputs=words, probabilities="uint8")
    assert not (tmp_path / "out").exists()


def test_only_maps_that_there_are_can_be_asked_for(model: Package, first: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"can not be stored as float64\. Choose uint8 or float16"):
        predict(model, first, out=tmp_path / "out", probabilities="float64")
    assert not (tmp_path / "out").exists()


def test_a_method_that_only_answers_is_named(
    model: Package, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evidence(self, plan, forward, case, limits) -> Findings:  # type: ignore[no-untyped-def]
        image = case.inputs["image"].load()
        assert isinstance(image, Image)
        return Findings(LabelMap(np.zeros(image.grid.shape, np.uint8), image.grid, {1: "a"}))

    monkeypatch.setattr(type(UNET), "evidence", evidence)
    answered = predict(model, first, out=tmp_path / "out", probabilities="uint8")
    assert answered.done == ()
    assert "gets no probabilities from this model" in str(answered.problems[0])


def test_the_tasks_say_which_of_them_have_maps() -> None:
    assert [name for name in TASKS.names() if TASKS.load(name).write_evidence] == ["segmentation"]
