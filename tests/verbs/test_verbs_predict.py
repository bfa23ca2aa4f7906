"""predict: files, folders or the training layout; what is done is passed over, a bad case does not stop the rest."""

import json
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image as Picture

from dicom_making import make_series
from hounsfield.answers import manifest
from hounsfield.formats import nifti
from hounsfield.formats.files import NotWritten, sha256_of
from hounsfield.planning.fingerprint import facts_of_inputs
from hounsfield.values import Refused
from hounsfield.verbs import answering
from hounsfield.verbs.model import load
from hounsfield.verbs.predict import predict
from hounsfield.verbs.train import train

IDS = tuple(f"torso_{n:04d}" for n in range(10))


def lines(folder):
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def image(scans, number):
    return scans / "imagesTr" / f"{IDS[number]}.nii.gz"


def other_image(path):
    """Another image at this path, on the same grid."""
    found = nifti.read_image(path)
    nifti.write_image(path, type(found).of(found.array(np.float32)[:, ::-1], found.grid))


def test_the_training_layout_a_folder_and_files_give_the_same_answers(model, torsos, tmp_path):
    layout = predict(model, torsos, out=tmp_path / "a")
    folder = predict(model, torsos / "imagesTr", out=tmp_path / "b")
    files = predict(load(model), [image(torsos, n) for n in range(10)], out=tmp_path / "c")
    role = predict(model, out=tmp_path / "d", inputs={"image": image(torsos, 0)})
    assert layout.done == folder.done == files.done == IDS
    assert role.done == IDS[:1]
    digests = [{line["id"]: line["answers"] for line in lines(tmp_path / name)} for name in "abc"]
    assert digests[0] == digests[1] == digests[2]
    assert nifti.read_labels(tmp_path / "a" / f"{IDS[0]}.nii.gz")[1] == nifti.read_grid(image(torsos, 0))


def test_a_dicom_series_is_one_image_as_a_folder_and_as_a_zip(model, torsos, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = nifti.read_image(image(torsos, 0))
    slices = np.rint(found.array(np.float32)[0]).astype(np.int16).transpose(2, 1, 0)
    across, down, along = found.grid.spacing
    files = make_series(tmp_path / "scan", slices, spacing=(down, across, along), PatientID="")
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as archive:
        for path in files:
            archive.write(path, path.name)
    ways = {
        "a": {"data": tmp_path / "scan"},
        "b": {"data": tmp_path / "scan.zip"},
        "c": {"inputs": {"image": tmp_path / "scan"}},
        "d": {"inputs": {"image": tmp_path / "scan.zip"}},
    }
    for name, words in ways.items():
        assert predict(model, out=tmp_path / name, **words).done == ("scan",)
    assert len({lines(tmp_path / name)[0]["answers"]["scan.nii.gz"] for name in ways}) == 1
    make_series(tmp_path / "scan" / "more", slices, series=2)
    with pytest.raises(Refused, match="holds 2 volumes, where one is needed: more, scan"):
        predict(model, out=tmp_path / "e", inputs={"image": tmp_path / "scan"})


def test_the_manifest_says_what_was_done(model, torsos, tmp_path):
    predict(model, torsos, out=tmp_path / "a")
    said = {line["id"]: line for line in lines(tmp_path / "a")}
    trained = set(model.seen.training.values())
    assert {case for case in said if said[case]["seen"] == "training"} == trained
    assert sum(line["seen"] == "no" for line in said.values()) == 1
    one = said[IDS[0]]
    assert one["package"] == model.digest
    assert one["where"] == str(image(torsos, 0))
    assert one["answers"][f"{IDS[0]}.nii.gz"] == sha256_of(tmp_path / "a" / f"{IDS[0]}.nii.gz")
    assert one["seconds"] > 0


def test_what_is_done_is_passed_over_and_what_is_gone_is_done_again(model, scans, tmp_path):
    out = tmp_path / "a"
    predict(model, scans, out=out)
    (out / f"{IDS[3]}.nii.gz").unlink()
    (out / f"{IDS[4]}.nii.gz").write_bytes(b"spoilt")
    other_image(image(scans, 5))
    again = predict(model, scans, out=out)
    assert again.done == IDS[3:6]
    assert again.there == (*IDS[:3], *IDS[6:])
    assert predict(model, scans, out=out).there == IDS
    assert len(lines(out)) == 13


def test_another_model_answers_anew(model, torsos, tmp_path, wishes):
    other = train(torsos, out=tmp_path / "m", steps=2, seed=1, wishes=wishes)
    predict(model, image(torsos, 0), out=tmp_path / "a")
    assert predict(other, image(torsos, 0), out=tmp_path / "a").done == IDS[:1]


def test_a_bad_case_is_noted_and_the_rest_goes_on(model, scans, tmp_path):
    bad, flat = image(scans, 2), scans / "imagesTr" / "flat.png"
    bad.write_bytes(bad.read_bytes()[:200])
    Picture.fromarray(np.zeros((20, 20), np.uint8)).save(flat)
    answered = predict(model, scans / "imagesTr", out=tmp_path / "a")
    assert len(answered.done) == 9
    assert {problem.where for problem in answered.problems} == {str(bad), str(flat)}
    noted = {line["id"]: line["problem"] for line in lines(tmp_path / "a") if line["problem"]}
    assert set(noted) == {IDS[2], "flat"}
    assert "cut short or damaged" in noted[IDS[2]]["what"]
    shutil.copy(image(scans, 3), bad)
    assert predict(model, scans / "imagesTr", out=tmp_path / "a").done == IDS[2:3]


def test_images_without_labels_are_no_problem(model, scans, tmp_path):
    shutil.rmtree(scans / "labelsTr")
    answered = predict(model, scans, out=tmp_path / "a")
    assert answered.done == IDS
    assert answered.problems == ()


def test_a_missing_file_does_not_stop_the_others(model, torsos, tmp_path):
    answered = predict(model, [tmp_path / "nowhere.nii.gz", image(torsos, 0)], out=tmp_path / "a")
    assert answered.done == IDS[:1]
    assert str(answered.problems[0]).startswith(f"{tmp_path / 'nowhere.nii.gz'}: does not exist")
    with pytest.raises(Refused, match="does not exist"):
        predict(model, tmp_path / "nowhere.nii.gz", out=tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_answers_are_never_written_over_other_files(model, scans, tmp_path):
    before = sha256_of(image(scans, 0))
    for place in (scans / "imagesTr", scans / "labelsTr", scans):
        with pytest.raises(Refused, match="holds other files, which answers might be written over"):
            predict(model, scans, out=place)
    with pytest.raises(Refused, match="is a file, not a folder"):
        predict(model, scans, out=scans / "dataset.json")
    assert sha256_of(image(scans, 0)) == before


def test_files_of_one_name_are_told_apart_by_their_folders(model, torsos, tmp_path):
    files = []
    for number, patient in enumerate(("anna", "ben")):
        (tmp_path / patient).mkdir()
        files.append(shutil.copy(image(torsos, number), tmp_path / patient / "t1.nii.gz"))
    assert predict(model, [*files, files[0]], out=tmp_path / "a").done == ("anna_t1", "ben_t1")
    patients = [entry.patient for entry in manifest.entries(tmp_path / "a").values()]
    assert patients == ["anna_t1", "ben_t1"], "a name that files share is nobody's"
    predict(model, files[0], out=tmp_path / "b")
    first = sha256_of(tmp_path / "b" / "t1.nii.gz")
    later = predict(model, files[1], out=tmp_path / "b")
    assert "has the same name" in str(later.problems[0])
    assert sha256_of(tmp_path / "b" / "t1.nii.gz") == first
    assert manifest.entries(tmp_path / "b")["t1"].is_done(tmp_path / "b")


def test_unlike_cases_raise_an_alarm(model, torsos, tmp_path):
    found = nifti.read_image(image(torsos, 0))
    large = type(found.grid)(found.grid.shape, found.grid.affine @ np.diag([2, 1, 1, 1.0]), "mm", "RAS")
    nifti.write_image(tmp_path / "large.nii.gz", type(found)(found.source, large, ""))
    answered = predict(model, tmp_path / "large.nii.gz", out=tmp_path / "a")
    assert answered.alarmed == ("large",)
    assert "1 unlike the training cases" in repr(answered)
    assert any("spacing" in alarm for alarm in lines(tmp_path / "a")[0]["alarms"])


def test_a_full_disk_ends_it_and_keeps_what_is_done(model, torsos, tmp_path, monkeypatch):
    write, done = answering.add, []

    def add(folder, entry):
        if len(done) == 3:
            raise NotWritten(folder / "manifest.jsonl", "No space left on device", "Make room.")
        done.append(entry.id)
        write(folder, entry)

    monkeypatch.setattr(answering, "add", add)
    answered = predict(model, torsos, out=tmp_path / "a")
    assert answered.done == IDS[:3]
    assert "No space left on device), and 7 cases could not be answered" in str(answered.problems[-1])
    monkeypatch.undo()
    assert predict(model, torsos, out=tmp_path / "a").there == IDS[:3]


def test_nothing_of_an_earlier_answer_stays_beside_a_new_one(model, torsos, tmp_path):
    """Such as the objects that an earlier model told apart, which would be read with the new answer's classes."""
    predict(model, image(torsos, 0), out=tmp_path / "a")
    (line,) = lines(tmp_path / "a")
    old = f"{IDS[0]}.objects.nii.gz"
    for name in (f"a/{old}", "a/other.nii.gz", "kept.nii.gz"):
        (tmp_path / name).write_bytes(b"old")
    names = (old, "other.nii.gz", "../kept.nii.gz")  # somebody may have written what is another's into the line
    line |= {"package": "0" * 64, "answers": {**line["answers"], **dict.fromkeys(names, "")}}
    (tmp_path / "a" / manifest.NAME).write_text(json.dumps(line) + "\n")
    assert predict(model, image(torsos, 0), out=tmp_path / "a").done == IDS[:1]
    assert not (tmp_path / "a" / old).exists()
    assert (tmp_path / "a" / "other.nii.gz").exists()
    assert (tmp_path / "kept.nii.gz").exists()


def test_an_answer_for_another_task_is_kept(model, torsos, tmp_path):
    out = tmp_path / "a"
    predict(model, image(torsos, 0), out=out)
    (line,) = lines(out)
    names = (*line["answers"], f"{IDS[0]}.csv")
    for name in names:
        (out / name).write_bytes(b"mended by hand")
    line |= {"package": "0" * 64, "task": "detection", "answers": dict.fromkeys(names, "")}
    (out / manifest.NAME).write_text(json.dumps(line) + "\n")
    answered = predict(model, [image(torsos, 0), image(torsos, 1)], out=out)
    assert answered.done == IDS[1:2], "answers for two tasks have room in one folder, if to different cases"
    assert "would take the place of the answer for detection. Give another --out." in str(answered.problems[0])
    assert lines(out)[0] == line
    assert len(lines(out)) == 2
    assert {(out / name).read_bytes() for name in names} == {b"mended by hand"}


def test_an_interruption_keeps_whole_answers_only(model, torsos, tmp_path):
    def watch(event):
        if event["done"] == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(model, torsos, out=tmp_path / "a", watch=watch)
    assert predict(model, torsos, out=tmp_path / "a").there == IDS[:4]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"data": ()}, "was given nothing to answer"),
        ({"data": "dataset.json"}, "is no image by its name"),
        ({"data": (), "inputs": {"image": "dataset.json"}}, "is no image by its name"),
        ({"data": (), "inputs": {"image": "imagesTr"}}, "is no image by its name"),
        ({"data": ".", "derive": "pairs"}, "'pairs' is unknown to the task segmentation"),
        ({"data": ".", "layout": "poem"}, "no such layout"),
    ],
)
def test_nothing_to_answer(words, said, model, torsos, tmp_path, monkeypatch):
    monkeypatch.chdir(torsos)
    with pytest.raises(Refused, match=said):
        predict(model, out=tmp_path / "a", **words)
    assert not (tmp_path / "a").exists()


def test_a_fault_of_ours_in_one_case_does_not_lose_the_rest(model, torsos, tmp_path, monkeypatch):
    def faulty(case):
        if case.id == IDS[3]:
            raise ZeroDivisionError("float division by zero")
        return facts_of_inputs(case)

    monkeypatch.setattr(answering, "facts_of_inputs", faulty)
    answered = predict(model, torsos, out=tmp_path / "out")
    assert answered.done == (*IDS[:3], *IDS[4:])
    assert "fault of hounsfield (ZeroDivisionError" in str(answered.problems[0])
    assert [line["id"] for line in lines(tmp_path / "out") if line["problem"]] == [IDS[3]]


def test_what_a_killed_run_left_is_cleared_and_nothing_else(model, torsos, tmp_path):
    for name in (".0123abcd.part", ".0123abcd9.part", ".scans.0123abcd.part"):
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "half.nii.gz").write_bytes(b"half")
    predict(model, image(torsos, 0), out=tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").glob(".*")} == {".0123abcd9.part", ".scans.0123abcd.part"}
