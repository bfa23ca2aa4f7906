"""Scores of a set of cases: what is counted, and how."""

import numpy as np
import pytest
from evaluation_cases import case_of, label_map

from hounsfield.evaluation.diagnosis import AUC
from hounsfield.evaluation.metric import Metric
from hounsfield.evaluation.scoring import score
from hounsfield.evaluation.segmentation import DICE, FOREGROUND_DICE, HD95, INSTANCE_AP, LESION_F1, VOLUME_ERROR
from hounsfield.values import Case, Diagnosis, Findings, Row, Scores

TRUTH = label_map([[1, 1, 2, 0]], labels={1: "left", 2: "right"})
HALF = label_map([[1, 0, 2, 0]], labels={1: "left", 2: "right"})
NOTHING = label_map([[0, 0, 0, 0]], labels={1: "left", 2: "right"})


def answered(*found, patients=None):
    patients = patients or [f"p{i}" for i in range(len(found))]
    return [
        (Findings(f), case_of(TRUTH, id=f"c{i}", patient=p))
        for i, (f, p) in enumerate(zip(found, patients, strict=True))
    ]


def test_values_of_cases_and_of_the_set():
    scores = score((DICE, FOREGROUND_DICE, HD95), answered(TRUTH, HALF, NOTHING))
    assert scores.first == "dice"
    assert scores.better == {"dice": "higher", "foreground_dice": "higher", "hd95": "lower"}
    assert scores.cases["c1"]["dice"] == pytest.approx({"left": 2 / 3, "right": 1.0})
    assert scores.cases["c1"]["foreground_dice"] == pytest.approx({"foreground": 0.8})
    assert scores.cases["c2"]["hd95"] == {"left": None, "right": None}
    left = scores.sets["dice"]["left"]
    assert (left.value, left.n, left.undefined) == (pytest.approx((1 + 2 / 3 + 0) / 3), 3, 0)
    assert left.low < left.value < left.high
    assert scores.sets["hd95"]["left"].undefined == 1
    assert scores.patients == {"c0": "p0", "c1": "p1", "c2": "p2"}
    assert scores.notes == ()


def test_cases_without_an_answer_count_as_the_worst():
    lost = [case_of(TRUTH, id="lost"), case_of(id="without truth")]
    scores = score((DICE, HD95, LESION_F1, VOLUME_ERROR), answered(TRUTH), unanswered=lost)
    assert scores.sets["dice"]["left"].value == pytest.approx(0.5)
    assert scores.sets["lesion_f1"]["right"].value == pytest.approx(0.5)
    assert scores.sets["hd95"]["left"].value == 0.0
    assert scores.cases["lost"] == {"dice": {"left": 0, "right": 0}, "lesion_f1": {"left": 0, "right": 0}}
    assert "without truth" not in scores.cases
    assert scores.notes == (
        "1 case has no answer that can be compared; counted as the worst value in dice, lesion_f1; "
        "not at all in hd95, volume_error.",
    )


def test_an_answer_that_cannot_be_compared_is_a_problem_and_the_rest_goes_on():
    other = label_map(np.ones((2, 2), int), labels={1: "left", 2: "right"})
    scores = score((DICE,), answered(TRUTH, other))
    assert [problem.where for problem in scores.problems] == ["c1"]
    assert scores.sets["dice"]["left"].value == pytest.approx(0.5)


def test_an_answer_of_another_kind_is_a_problem():
    scores = score((DICE,), answered(Diagnosis({"a": 1.0})))
    [problem] = scores.problems
    assert str(problem).startswith("c0: the answer is a Diagnosis, and the truth is a LabelMap.")
    assert scores.sets == {"dice": {}}


def test_a_case_without_truth_is_said_and_not_counted():
    scores = score((DICE,), [*answered(TRUTH), (Findings(TRUTH), case_of(id="bare"))])
    assert scores.notes == ("1 case has no truth to compare with.",)
    assert list(scores.cases) == ["c0"]


def test_set_metrics_live_only_on_the_set():
    pairs = [(0.9, "ill"), (0.8, "well"), (0.7, "ill"), (0.1, "well")]
    cases = [
        (Findings(Diagnosis({"well": 1 - p, "ill": p})), case_of(Diagnosis.certain(name, ("well", "ill")), id=str(i)))
        for i, (p, name) in enumerate(pairs)
    ]
    scores = score((AUC,), cases)
    assert scores.sets["auc"]["ill"].value == pytest.approx(3 / 4)
    assert scores.cases == {str(i): {} for i in range(4)}


def test_several_cases_of_one_patient_are_one_draw():
    found = (TRUTH, HALF, NOTHING)
    apart = score((DICE,), answered(*found)).sets["dice"]["left"]
    together = score((DICE,), answered(*found, patients=["same"] * 3)).sets["dice"]["left"]
    assert apart.value == together.value
    assert (together.low, together.high) == (None, None)


def pairs_scored(values, template=""):
    """Scores of pairs by their names, such as ab for that of a and b, with a value each."""
    metric = Metric("hit", "", "higher", "case", lambda _, case: [Row("all", (values[case.id],))])
    cases = [Case(name, {}, patient="+".join(name), several=tuple(name), template=template) for name in values]
    return score((metric,), [(Findings(TRUTH), case) for case in cases])


def test_pairs_that_share_patients_in_a_chain_are_one_draw():
    # Two groups: a, b, c with three ones, and d, e with a zero. Two draws of a group give 1, 3/4, 3/4 or 0, each in a
    # quarter of all draws, so that both tails lie in the extremes. Four draws of a pair would give 0 once in 256.
    scores = pairs_scored({"ab": 1.0, "bc": 1.0, "ac": 1.0, "de": 0.0})
    found = scores.sets["hit"]["all"]
    assert (found.value, found.low, found.high) == (0.75, 0.0, 1.0)
    assert scores.patients == {"ab": "a and others", "bc": "a and others", "ac": "a and others", "de": "d+e"}


def test_pairs_that_all_hang_together_have_no_interval_and_that_is_said():
    scores = pairs_scored({"ab": 1.0, "bc": 0.5, "cd": 0.0})
    found = scores.sets["hit"]["all"]
    assert (found.value, found.low, found.high) == (0.5, None, None)
    assert "hang together" in scores.notes[0]


def test_pairs_with_one_template_are_a_draw_each():
    scores = pairs_scored({"ta": 1.0, "tb": 1.0, "tc": 1.0, "td": 0.0}, template="t")
    found = scores.sets["hit"]["all"]
    assert (found.value, found.low, found.high) == (0.75, 0.25, 1.0)  # of 256 draws one gives 0, twelve 1/4
    assert not scores.notes


def test_findings_are_taken_one_at_a_time():
    alive = []

    def stream():
        for findings, case in answered(*[HALF] * 5):
            alive.append(case.id)
            yield findings, case

    assert len(score((DICE,), stream()).cases) == len(alive) == 5


def test_a_metric_of_ones_own_is_scored_like_the_rest():
    def items(findings, case):
        return [Row("voxels", (float(findings.main.array.sum()),))]

    largest = Metric("largest", "", "higher", "case", items, lambda rows: max(row.numbers[0] for row in rows))
    scores = score((largest,), answered(TRUTH, HALF))
    assert scores.sets["largest"]["voxels"].value == 4.0
    assert scores.cases["c1"]["largest"] == {"voxels": 3.0}


def test_scores_are_json_both_ways():
    scores = score((DICE, HD95, INSTANCE_AP), answered(TRUTH, NOTHING), unanswered=[case_of(TRUTH, id="lost")])
    assert Scores.from_json(scores.to_json()) == scores


def test_what_was_never_found_is_said():
    left_only = label_map([[1, 1, 0, 0]], labels={1: "left", 2: "right"})
    elsewhere = label_map([[2, 0, 0, 0]], labels={1: "left", 2: "right"})
    assert score((DICE,), answered(left_only, left_only)).notes == ("Never found: right (dice is 0 over all cases).",)
    found_nowhere = score((DICE, LESION_F1), answered(NOTHING, elsewhere)).notes
    assert found_nowhere == ("Never found: left, right (dice is 0 over all cases).",)
    assert score((DICE,), answered(left_only, TRUTH)).notes == ()


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        (
            [0.1, 0.8, 0.3, 0.6, 0.2, 0.7, 0.4, 0.5],
            ("auc of ill: can not be told from guessing on these cases (the interval holds 0.5).",),
        ),
        ([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9], ()),  # all the ill above all the well: AUC 1 in every resample
    ],
)
def test_a_ranking_no_better_than_guessing_is_said(said, notes):
    pairs = [
        (
            Findings(Diagnosis({"well": 1 - p, "ill": p})),
            case_of(Diagnosis({"well": float(i < 4), "ill": float(i >= 4)}), id=f"c{i}", patient=f"p{i}"),
        )
        for i, p in enumerate(said)
    ]
    assert score((AUC,), pairs).notes == notes
