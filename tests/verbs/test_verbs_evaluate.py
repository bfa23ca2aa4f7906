"""evaluate and compare: held-out cases only, failures count as the worst, nothing is passed over in silence."""

import json
import shutil
from collections import Counter
from dataclasses import replace

import pytest

from hounsfield.answers import manifest
from hounsfield.formats import nifti
from hounsfield.values import Refused
from hounsfield.verbs.compare import compare
from hounsfield.verbs.data import open_dataset
from hounsfield.verbs.evaluate import evaluate, read_scores
from hounsfield.verbs.predict import predict
from hounsfield.verbs.train import train

IDS = tuple(f"torso_{n:04d}" for n in range(10))
ORGANS = ["lung", "liver", "spleen", "kidney", "spine"]


@pytest.fixture
def answers(model, torsos, tmp_path):
    """Answers to all cases, of which the model has seen nine."""
    predict(model, torsos, out=tmp_path / "answers")
    return tmp_path / "answers"


@pytest.fixture
def perfect(torsos, tmp_path):
    """A folder of label files without names or manifest: the truths themselves of four cases."""
    (tmp_path / "bare").mkdir()
    for case in IDS[:4]:
        shutil.copy(torsos / "labelsTr" / f"{case}.nii.gz", tmp_path / "bare")
    return tmp_path / "bare"


def unseen(answers):
    """The answers as if the model had seen none of the cases."""
    for entry in list(manifest.entries(answers).values()):
        manifest.add(answers, replace(entry, seen="no"))
    return answers


def label(torsos, case):
    return torsos / "labelsTr" / f"{case}.nii.gz"


def test_only_cases_that_the_model_has_not_seen_are_scored(model, torsos, answers):
    scores = evaluate(answers, torsos)
    seen = {*model.seen.training.values(), *model.seen.validation.values()}
    assert set(scores.cases) == set(IDS) - seen
    assert scores.notes == (
        "Never found: lung, liver, spleen, kidney, spine (dice is 0 over all cases).",
        "1 case compared, none of which the model had seen.",
        "9 cases left out: the model was trained or chosen on them, or on other cases of their patients.",
    )
    assert read_scores(answers) == scores
    assert "0.0" in (answers / "report.html").read_text(encoding="utf-8")


def test_a_training_case_under_another_name_is_known(model, scans, tmp_path):
    case = sorted(model.seen.training.values())[0]
    for part in ("imagesTr", "labelsTr"):
        shutil.copy(scans / part / f"{case}.nii.gz", scans / part / "renamed.nii.gz")
    predict(model, scans / "imagesTr" / "renamed.nii.gz", out=tmp_path / "a")
    with pytest.raises(Refused, match="answers 1 case, and the model was trained or chosen on all of them"):
        evaluate(tmp_path / "a", scans)


def test_a_case_that_could_not_be_answered_counts_as_the_worst(model, scans, perfect, tmp_path):
    bad = scans / "imagesTr" / f"{IDS[0]}.nii.gz"
    bad.write_bytes(bad.read_bytes()[:100])
    predict(model, scans, out=tmp_path / "a")
    for case in IDS[1:4]:
        shutil.copy(perfect / f"{case}.nii.gz", tmp_path / "a")
    scores = evaluate(unseen(tmp_path / "a"), scans)
    assert scores.cases[IDS[0]]["dice"] == dict.fromkeys(ORGANS, 0.0)
    assert scores.cases[IDS[1]]["dice"] == dict.fromkeys(ORGANS, 1.0)
    assert "hd95" not in scores.cases[IDS[0]]
    assert [problem.where for problem in scores.problems] == [str(bad)]
    assert any("as the worst value in dice" in note for note in scores.notes)
    assert "3 answers changed since predict wrote them." in scores.notes


def test_an_answer_that_is_gone_or_spoilt_counts_as_the_worst(torsos, answers):
    unseen(answers)
    (answers / f"{IDS[0]}.nii.gz").unlink()
    (answers / f"{IDS[1]}.nii.gz").write_bytes(b"spoilt")
    scores = evaluate(answers, torsos)
    assert len(scores.problems) == 2
    assert [scores.cases[case]["dice"]["liver"] for case in IDS[:2]] == [0.0, 0.0]


def test_a_truth_that_can_not_be_read_is_not_held_against_the_answer(scans, answers):
    unseen(answers)
    label(scans, IDS[0]).write_bytes(b"spoilt")
    scores = evaluate(answers, scans)
    assert IDS[0] not in scores.cases
    assert len(scores.cases) == 9
    assert str(label(scans, IDS[0])) == scores.problems[0].where
    assert "1 case has a truth that can not be read; not counted." in scores.notes


def test_truths_without_an_answer_are_counted_in_a_sentence(torsos, model, tmp_path):
    predict(model, [torsos / "imagesTr" / f"{case}.nii.gz" for case in IDS[:3]], out=tmp_path / "a")
    notes = evaluate(unseen(tmp_path / "a"), torsos).notes
    assert "7 truths without an answer, not counted: nobody asked for them here." in notes


def test_bare_files_are_matched_by_name(torsos, perfect):
    named = evaluate(perfect, torsos)
    assert {case: list(said["dice"].values()) for case, said in named.cases.items()} == dict.fromkeys(
        IDS[:4], [1.0] * 5
    )
    assert list(named.sets["dice"]) == ORGANS
    bare = evaluate(perfect, torsos / "labelsTr")
    assert list(bare.sets["dice"]) == ["1", "2", "3", "4", "5"]
    assert "6 truths without an answer, not counted: nobody asked for them here." in bare.notes


def test_answers_with_names_are_held_against_bare_truths(torsos, answers):
    scores, whole = (evaluate(unseen(answers), truth) for truth in (torsos / "labelsTr", torsos))
    assert scores.sets["dice"] == whole.sets["dice"]
    assert set(scores.cases) == set(IDS)


def test_each_case_is_read_about_twice(torsos, answers, monkeypatch):
    reads = Counter()
    read = nifti.read_labels

    def counted(path):
        reads[str(path)] += 1
        return read(path)

    monkeypatch.setattr(nifti, "read_labels", counted)
    evaluate(unseen(answers), torsos)
    assert len(reads) == 20
    assert max(reads.values()) <= 2


def test_answers_of_two_models_in_one_folder_are_told_of(model, torsos, tmp_path, wishes):
    other = train(torsos, out=tmp_path / "m", steps=2, seed=1, wishes=wishes)
    predict(model, torsos / "imagesTr" / f"{IDS[0]}.nii.gz", out=tmp_path / "a")
    predict(other, torsos / "imagesTr" / f"{IDS[1]}.nii.gz", out=tmp_path / "a")
    assert any("are of 2 models" in note for note in evaluate(unseen(tmp_path / "a"), torsos).notes)


def test_a_manifest_that_somebody_spoilt(torsos, answers):
    outside = {"id": IDS[1], "task": "segmentation", "package": "", "inputs": "", "where": ""}
    with open(answers / "manifest.jsonl", "a", encoding="utf-8") as file:
        file.write('{"id": 3}\nnonsense\n[]\n')
        file.write(json.dumps({**outside, "answers": ["x"]}) + "\n")
        file.write(json.dumps({**outside, "problem": "bad"}) + "\n")
        file.write(json.dumps({**outside, "answers": {"../bare/x.nii.gz": ""}}) + "\n")
        file.write(json.dumps({**outside, "id": IDS[2], "answers": {}}) + "\n")
    scores = evaluate(answers, torsos)
    assert sum("a line in its manifest without a file" in str(problem) for problem in scores.problems) == 2


@pytest.mark.parametrize(
    ("place", "truth", "words", "said"),
    [
        ("nowhere", "scans", {}, "nowhere: is no folder of answers"),
        ("bare", "nowhere", {}, "nowhere: does not exist"),
        ("empty", "scans", {}, "answers none of the 10 cases"),
        ("bare", "empty", {}, "is an empty folder"),
        ("bare", "scans", {"task": "detection"}, "none with a truth for detection.*--derive boxes"),
        ("bare", "scans", {"derive": "pairs"}, "'pairs' is unknown"),
        ("text", "text", {}, "is no answer of any task.* --task: "),
    ],
)
def test_nothing_to_compare(place, truth, words, said, scans, perfect, tmp_path):
    for name in ("empty", "text"):
        (tmp_path / name).mkdir()
    (tmp_path / "text" / f"{IDS[0]}.txt").write_text("hello")
    with pytest.raises(Refused, match=said):
        evaluate(tmp_path / place, tmp_path / truth, **words)


def test_where_every_case_failed_there_is_no_score(model, scans, tmp_path):
    for path in (scans / "imagesTr").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    predict(model, scans, out=tmp_path / "a")
    with pytest.raises(Refused) as refusal:
        evaluate(unseen(tmp_path / "a"), scans)
    assert len(refusal.value.problems) == 10
    assert not (tmp_path / "a" / "scores.json").exists()


def test_compare_takes_differences_case_by_case(torsos, answers, perfect):
    found = compare(unseen(answers), perfect, torsos)
    assert found.cases == IDS[:4]
    of_a = [evaluate(answers, torsos).cases[case]["dice"]["liver"] for case in IDS[:4]]
    assert found.differences["dice"]["liver"].value == pytest.approx(sum(1 - value for value in of_a) / 4)
    assert found.summary == "B - A on 4 cases of 4 patients; 6 cases scored for one of them only"
    assert not (perfect / "scores.json").exists()  # comparing leaves nothing behind
    evaluate(perfect, torsos)
    assert compare(answers, perfect).differences == found.differences  # from the scores that each carries


def test_compare_lets_models_answer_what_neither_has_seen(model, torsos, answers, tmp_path, wishes):
    other = train(torsos, out=tmp_path / "m", steps=2, seed=0, wishes={**wishes, "learning_rate": 0.01})
    found = compare(model, tmp_path / "m", torsos)
    assert len(found.cases) == 1
    assert set(found.a.cases) == set(evaluate(answers, torsos).cases)
    assert compare(model, other).cases == tuple(model.scores.cases)


def test_compare_may_have_nothing_to_compare(model, torsos, perfect, answers, tmp_path):
    for a, b, truth, said in [
        (tmp_path / "nowhere", perfect, None, "nowhere: is neither a model nor a folder of answers"),
        (perfect, answers, None, "bare: carries no scores. Name the truth"),
        (perfect, tmp_path / "nowhere", torsos, "nowhere: is neither a model"),
    ]:
        with pytest.raises(Refused, match=said):
            compare(a, b, truth)
    seen = open_dataset(torsos)
    seen = seen.with_cases([case for case in seen if case.id in model.seen.training.values()])
    with pytest.raises(Refused, match=r"holds no case that .* has not seen"):
        compare(model, model, seen)
    evaluate(answers, torsos)
    with pytest.raises(Refused, match="were scored on no case in common"):
        compare(answers, model)
