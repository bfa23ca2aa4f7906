"""train: one call from a folder to a package; the same call goes on where it was interrupted."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hounsfield as hu
from hounsfield.formats import nifti
from hounsfield.packages.opening import open_package
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.seam import Stopped
from hounsfield.training.run_folder import RunFolder
from hounsfield.values import Refused
from hounsfield.verbs.data import open_dataset
from hounsfield.verbs.plan import plan
from hounsfield.verbs.train import train


def stopping(at: int):
    """Words that stop a training after so many steps: it is handed the clock, and watches."""
    clocks = []

    def watch(event):
        if event.get("step", 0) >= at and clocks:
            clocks[0].stop()

    return {"on_clock": clocks.append, "watch": watch}


def interrupted(scans, out, wishes, **words):
    with pytest.raises(Stopped):
        train(scans, out=out, steps=8, wishes=wishes, **words, **stopping(at=3))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_model_knows_what_it_was_made_of(model, torsos):
    assert (len(model.seen.training), len(model.seen.validation)) == (7, 2)
    assert model.measured["started"] <= model.measured["finished"]
    assert model.measured["steps"] == 2
    assert "(2 steps done)" in (model.folder / "report.html").read_text(encoding="utf-8")
    assert model.left_out == ()
    assert f"hounsfield.train({str(torsos)!r}, wishes=" in model.measured["command"]
    assert repr(model).startswith("Package(unet for segmentation, ")
    assert model.plan["steps"] == 2


def test_the_same_call_goes_on_and_ends_where_an_uninterrupted_one_does(torsos, tmp_path, wishes):
    interrupted(torsos, tmp_path / "m", wishes)
    assert names(tmp_path) == {"m.run"}
    resumed = train(torsos, out=tmp_path / "m", steps=8, wishes=wishes)
    whole = train(torsos, out=tmp_path / "n", steps=8, wishes=wishes)
    assert resumed.digest == whole.digest
    assert not {"checkpoints", "prepared", "plan.json"} & names(tmp_path / "m.run")
    assert names(tmp_path) == {"m", "m.run", "n", "n.run"}


def test_a_preparation_can_be_stopped_too(torsos, tmp_path, wishes):
    clocks, events = [], []

    def watch(event):
        events.append(event)
        if event.get("stage") == "preparing" and clocks:
            clocks[0].stop()

    with pytest.raises(Stopped):
        train(torsos, out=tmp_path / "m", steps=8, wishes=wishes, on_clock=clocks.append, watch=watch)
    assert not any("step" in event for event in events)
    assert train(torsos, out=tmp_path / "m", steps=8, wishes=wishes).plan["steps"] == 8


def test_scoring_can_be_stopped_and_only_scoring_is_done_again(torsos, tmp_path, wishes, model):
    clocks, before, after = [], [], []

    def watch(event):
        before.append(event)
        if event.get("stage") == "scoring":
            clocks[0].stop()

    words = {"out": tmp_path / "m", "steps": 2, "wishes": wishes}
    with pytest.raises(Stopped):
        train(torsos, **words, on_clock=clocks.append, watch=watch)
    assert [event["done"] for event in before if event.get("stage") == "scoring"] == [0], "one of two cases, no more"
    assert names(tmp_path) == {"m.run"}
    package = train(torsos, **words, watch=after.append)
    stages = dict.fromkeys(event.get("stage") for event in after)
    assert list(stages) == ["looking at the cases", "scoring"], "nothing is prepared or learnt again"
    assert package.digest == model.digest


def test_an_interrupted_run_names_what_is_asked_otherwise(torsos, tmp_path, wishes):
    interrupted(torsos, tmp_path / "m", wishes)
    with pytest.raises(Refused, match=r"with --seed 0 --steps 8, not with --seed 3 --steps 9.*begin anew") as refusal:
        train(torsos, out=tmp_path / "m", steps=9, seed=3, wishes=wishes)
    assert len(refusal.value.problems) == 1
    with pytest.raises(Refused, match="no --task, not with --task segmentation"):
        train(torsos, out=tmp_path / "m", steps=8, wishes=wishes, task="segmentation")
    assert RunFolder.beside(tmp_path / "m").has_learnt


def test_an_interrupted_run_wants_the_same_cases(scans, tmp_path, wishes, model):
    interrupted(scans, tmp_path / "m", wishes)
    changed = scans / "imagesTr" / f"{sorted(model.seen.training.values())[0]}.nii.gz"
    image = nifti.read_image(changed)
    nifti.write_image(changed, type(image).of(image.array(np.float32) + 1, image.grid))
    with pytest.raises(Refused, match=f"other training cases: {changed.name[:10]} is another now"):
        train(scans, out=tmp_path / "m", steps=8, wishes=wishes)


def test_one_run_at_a_time(torsos, tmp_path, wishes):
    with (
        RunFolder.beside(tmp_path / "m").claimed({}, {}),
        pytest.raises(Refused, match=r"m\.run: is in use by another run"),
    ):
        train(torsos, out=tmp_path / "m", steps=2, wishes=wishes)


def test_nothing_is_written_over_a_model_and_a_finished_run_begins_anew(torsos, tmp_path, wishes):
    first = train(torsos, out=tmp_path / "m", steps=2, wishes=wishes)
    with pytest.raises(Refused, match="m: is there already"):
        train(torsos, out=tmp_path / "m", steps=2, wishes=wishes)
    first.folder.rename(tmp_path / "old")
    assert train(torsos, out=tmp_path / "m", steps=3, wishes=wishes, seed=1).plan["steps"] == 3
    assert len(json.loads((tmp_path / "m.run" / "run.json").read_text())["asked"]) == 3


def test_what_is_refused_leaves_nothing_and_may_be_mended(scans, tmp_path, wishes, model):
    with pytest.raises(Refused, match="no option of any method"):
        train(scans, out=tmp_path / "m", steps=2, wishes={"patchs": 3})
    bad = scans / "imagesTr" / f"{sorted(model.seen.training.values())[0]}.nii.gz"
    bad.write_bytes(bad.read_bytes()[:300])
    with pytest.raises(Refused, match=r"1 bad case among 10, and 0 may be left out.*--allow-bad 1"):
        train(scans, out=tmp_path / "m", steps=2, wishes=wishes)
    assert names(tmp_path) == {"scans"}
    package = train(scans, out=tmp_path / "m", steps=2, wishes=wishes, allow_bad=1)
    assert [problem.where for problem in package.left_out] == [str(bad)]
    assert len(package.seen.training) == 6
    assert "Left out" in (package.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["notes.txt", "run.json"])
def test_a_folder_of_somebody_else_is_no_place_for_a_run(torsos, tmp_path, wishes, name):
    (tmp_path / "m.run").mkdir()
    (tmp_path / "m.run" / name).write_text("[]")
    with pytest.raises(Refused, match=r"m\.run: holds other files.*Give another --out"):
        train(torsos, out=tmp_path / "m", steps=2, wishes=wishes)
    assert names(tmp_path / "m.run") == {name}


def test_what_is_refused_leaves_what_was_there(scans, tmp_path, wishes, model):
    package = train(scans, out=tmp_path / "m", steps=2, wishes=wishes)
    package.folder.rename(tmp_path / "old")
    (tmp_path / "m.run" / "notes.txt").write_text("good")
    before = names(tmp_path / "m.run")
    bad = scans / "imagesTr" / f"{sorted(model.seen.training.values())[0]}.nii.gz"
    bad.write_bytes(bad.read_bytes()[:300])
    with pytest.raises(Refused, match="1 bad case among 10"):
        train(scans, out=tmp_path / "m", steps=2, wishes=wishes)
    assert names(tmp_path / "m.run") == before - {"lock"}


def test_a_killed_writer_leaves_nothing_for_long(torsos, tmp_path, wishes):
    for name in (".m.0123abcd.part", ".m.v2.0123abcd.part", ".m.copy.part"):
        (tmp_path / name).mkdir()
    train(torsos, out=tmp_path / "m", steps=2, wishes=wishes)
    assert names(tmp_path) == {"m", "m.run", ".m.v2.0123abcd.part", ".m.copy.part"}


def test_a_plan_edited_by_hand_is_followed(torsos, tmp_path, wishes):
    made = plan(torsos, steps=2, wishes=wishes).to_json()
    for decision in made["plan"]["decisions"]:
        if decision["what"] == "steps":
            decision.update(value=3, why="by hand")
    path = tmp_path / "edited.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    package = train(torsos, out=tmp_path / "m", plan=path)
    assert (package.plan["steps"], package.plan["features"]) == (3, [4, 8])
    again = train(torsos, out=tmp_path / "n", plan=package.folder / "plan.json")
    assert again.digest == package.digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not in the form of a plan"),
        ("{}", "is not in the form of a plan"),
        ('{"method": "poet", "task": "segmentation", "decisions": [], "parts": {}}', "no method 'poet'"),
        ('{"method": "unet", "task": "diagnosis", "decisions": [], "parts": {}}', "is for 'diagnosis'"),
        (None, "can not be read"),
    ],
)
def test_what_is_no_plan_is_refused(text, said, torsos, tmp_path):
    path = tmp_path / "p.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=f"^{re.escape(str(path))}.*{said}"):
        train(torsos, out=tmp_path / "m", plan=path)
    assert not (tmp_path / "m.run").exists()


def test_a_plan_and_wishes_contradict_each_other(torsos, tmp_path, model):
    for words, named in ({"steps": 3}, "--steps"), ({"wishes": {"batch": 1}}, "--set"), ({"minutes": 1.0}, "--minutes"):
        with pytest.raises(Refused, match=f"and {named} was given too"):
            train(torsos, out=tmp_path / "m", plan=model.plan, **words)
    with pytest.raises(Refused, match="--method boosting was given"):
        train(torsos, out=tmp_path / "m", plan=model.plan, method="boosting")
    spoilt = model.plan.decide("learning_rate", "fast", "by hand")
    with pytest.raises(Refused, match=r"the plan, learning_rate: .* a number"):
        train(torsos, out=tmp_path / "m", plan=spoilt)


def test_starting_from_a_model_says_how_much_of_it_was_taken(torsos, tmp_path, wishes, model):
    package = train(torsos, out=tmp_path / "m", steps=2, wishes=wishes, start_from=model.folder)
    assert package.measured["started_from"] == {"package": model.digest, "arrays": len(model.state.arrays)}
    small = train(torsos, out=tmp_path / "n", steps=2, wishes={**wishes, "features": [2, 3]}, start_from=model)
    assert 0 < small.measured["started_from"]["arrays"] < len(model.state.arrays)


def test_a_model_to_start_from_has_to_share_something(scans, tmp_path, wishes, model):
    other = train(
        scans,
        out=tmp_path / "b",
        task="landmarks",
        derive="centroids",
        steps=1,
        wishes={"features": [2, 3], "batch": 1},
    )
    with pytest.raises(Refused, match="--start-from: shares no array"):
        train(scans, out=tmp_path / "m", steps=2, wishes=wishes, start_from=other)
    with pytest.raises(Refused, match="is no package"):
        train(scans, out=tmp_path / "m", steps=2, wishes=wishes, start_from=scans)
    assert names(tmp_path) == {"scans", "b", "b.run"}


def split_file(path: Path, parts: dict[str, str], head: str = "case,part") -> Path:
    path.write_text("\n".join([head, *(f"{case},{part}" for case, part in parts.items())]) + "\n", encoding="utf-8")
    return path


def test_a_split_file_is_obeyed(torsos, tmp_path, wishes):
    cases = [case.id for case in open_dataset(torsos)]
    parts = dict.fromkeys(cases[:5], "training") | dict.fromkeys(cases[5:7], "validation") | {cases[7]: "test"}
    package = train(
        torsos, out=tmp_path / "m", steps=1, wishes=wishes, split=str(split_file(tmp_path / "s.csv", parts))
    )
    assert sorted(package.seen.training.values()) == cases[:5]
    assert sorted(package.seen.validation.values()) == cases[5:7]
    assert (tmp_path / "m.run" / "split.csv").read_text().count("\n") == 9  # the eight that the file names


@pytest.mark.parametrize(
    ("parts", "head", "said"),
    [
        ({"torso_0000": "training", "nobody": "test"}, "case,part", "'nobody'.* no case of this data"),
        ({"torso_0000": "trainig"}, "case,part", "line 2: has the part 'trainig'"),
        ({"torso_0000": "training"}, "id,part", "has the columns id, part"),
        ({"torso_0000": "training"}, "case,part", "leaves 1 patient to learn from"),
        ({f"torso_000{n}": "test" for n in range(9)}, "case,part", "leaves 0 patients to learn from, 0 training cases"),
    ],
)
def test_a_split_file_may_be_wrong(parts, head, said, torsos, tmp_path, wishes):
    split = split_file(tmp_path / "s.csv", parts, head)
    with pytest.raises(Refused, match=said):
        train(torsos, out=tmp_path / "m", steps=1, wishes=wishes, split=split)
    assert names(tmp_path) == {"s.csv"}


def test_a_patient_in_two_parts_is_refused(tmp_path, wishes):
    data = phantom_dataset("torso", cases=6, size=(16, 16, 16))
    twice = data.with_cases([replace(case, patient="one" if n < 2 else case.id) for n, case in enumerate(data)])
    parts = {case.id: "test" if n == 0 else "training" for n, case in enumerate(data)}
    with pytest.raises(Refused, match=r"the patient 'one' is in .*Keep all cases of a patient in one part"):
        train(twice, out=tmp_path / "m", steps=1, wishes=wishes, split=split_file(tmp_path / "s.csv", parts))


def test_too_little_time_is_refused_beforehand(torsos, tmp_path, wishes):
    with pytest.raises(Refused, match=r"--minutes: is 0.01, and \d+ seconds pass until a first step.* Give 1 at least"):
        train(torsos, out=tmp_path / "m", minutes=0.01, wishes=wishes)
    assert not names(tmp_path)


def test_the_whole_way_in_python(torsos, tmp_path, wishes):
    found = hu.inspect(torsos)
    assert "10, whose patients nothing names" in repr(found)
    package = hu.train(hu.open_dataset(torsos), steps=2, wishes=wishes, out=tmp_path / "m")
    assert open_package(tmp_path / "m").digest == package.digest == hu.show(hu.load(tmp_path / "m"))["digest"]
    answered = hu.predict(hu.load(package), torsos, out=tmp_path / "a")
    assert repr(answered).startswith("Predicted(10 cases answered, ")
    assert repr(hu.evaluate(tmp_path / "a", torsos)).startswith("Scores(dice: ")
    assert "B - A on 1 case of 1 patient" in repr(hu.compare(tmp_path / "a", tmp_path / "a"))
    assert hu.show(package)["cases"] == {"training": 7, "validation": 2}
    with pytest.raises(hu.Refused, match="does not exist"):
        hu.inspect(tmp_path / "nowhere")
    with pytest.raises(AttributeError, match=r"has no 'trian'; it has .*train"):
        hu.trian  # noqa: B018
