"""Boosted trees: parity with scikit-learn, missing values, words, series, packages, real tables."""

import numpy as np
import pytest
from diagnosis_cases import series_case, table_case, yes_no
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from hounsfield.inference.classes import diagnosis_from_scores
from hounsfield.methods.boosting.columns import codes_of, row_of, summary
from hounsfield.methods.boosting.method import METHOD, NOTHING_KNOWN
from hounsfield.methods.boosting.trees import fit_exclusive, fit_multi, scores
from hounsfield.packages.opening import open_package
from hounsfield.packages.writing import Contents, write_package
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.seam import Cases
from hounsfield.training.context import FolderContext
from hounsfield.values import Budget, Diagnosis, Limits, Plan, Refused, Setting

SIZES = {"trees": 30, "depth": 4, "learning_rate": 0.1, "smallest_leaf": 5, "l2": 0.5}
TINY = {"trees": 20, "depth": 2, "smallest_leaf": 2}


def random_table(seed, n=300, missing=0.2):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n, 6))
    table[:, 4] = rng.integers(0, 5, n)  # codes of words
    table[rng.random(table.shape) < missing] = np.nan
    return table, rng


def theirs(table, label):
    return HistGradientBoostingClassifier(
        max_iter=30, max_depth=4, learning_rate=0.1, min_samples_leaf=5, l2_regularization=0.5, early_stopping=False
    ).fit(table, label)


def ours(trees, table, classes, kind="exclusive"):
    plan = Plan("boosting", "diagnosis").decide("classes", classes, "").decide("kind", kind, "")
    return np.array([list(diagnosis_from_scores(plan, row).probabilities.values()) for row in scores(trees, table)])


@pytest.mark.parametrize("classes", [2, 4])
def test_answers_are_those_of_scikit_learn(classes):
    table, rng = random_table(classes)
    label = (np.nan_to_num(table[:, 0]) + rng.normal(size=len(table)) > 0) * 1 + rng.integers(
        0, classes - 1, len(table)
    )
    new, _ = random_table(99, missing=0.4)
    new[:, 4] += 3  # codes that were never seen
    new[0] = np.nan
    trees = fit_exclusive(table, np.eye(classes, dtype=np.float32)[label], **SIZES)
    expected = theirs(table, label).predict_proba(new)
    np.testing.assert_allclose(ours(trees, new, list("abcd")[:classes]), expected, rtol=0, atol=1e-12)


def test_classes_that_stand_each_for_itself_are_learnt_each_for_itself():
    table, rng = random_table(5)
    truths = (np.nan_to_num(table[:, :2]) + rng.normal(size=(len(table), 2)) > 0).astype(np.float32)
    truths[:50, 1] = np.nan
    got = ours(fit_multi(table, truths, **SIZES), table, ["a", "b"], "multi")
    np.testing.assert_allclose(got[:, 0], theirs(table, truths[:, 0]).predict_proba(table)[:, 1], rtol=0, atol=1e-12)
    known = theirs(table[50:], truths[50:, 1])
    np.testing.assert_allclose(got[:, 1], known.predict_proba(table)[:, 1], rtol=0, atol=1e-12)


def test_classes_that_never_occur_are_never_said():
    table, _ = random_table(6)
    one = np.tile(np.array([0, 1, 0], np.float32), (len(table), 1))
    assert np.array_equal(ours(fit_exclusive(table, one, **SIZES), table[:3], ["a", "b", "c"]), one[:3])
    two = np.eye(3, dtype=np.float32)[np.arange(len(table)) % 2 * 2]
    got = ours(fit_exclusive(table, two, **SIZES), table, ["a", "b", "c"])
    expected = theirs(table, np.arange(len(table)) % 2).predict_proba(table)
    np.testing.assert_allclose(got[:, [0, 2]], expected, rtol=0, atol=1e-12)


def patients(n=80, seed=0):
    """Smokers over fifty are ill; a third of the ages is missing."""
    rng = np.random.default_rng(seed)
    cases = []
    for i in range(n):
        age, smoker, noise = float(rng.integers(20, 90)), rng.choice(["no", "yes", "former"]), float(rng.normal())
        is_ill = smoker == "yes" or age > 70
        covariates = {"age": None if rng.random() < 0.3 else age, "smoker": str(smoker), "noise": noise}
        cases.append(table_case(f"p{i:03d}", covariates, yes_no(is_ill)))
    return cases


def trained(cases, tmp_path, wishes=None):
    facts, _, problems = fingerprint(cases)
    assert not problems
    plan = METHOD.candidates(facts, Budget(), wishes or TINY)[0]
    METHOD.card.check(plan)
    state = METHOD.fit(plan, Cases(tuple(cases)), FolderContext.at(tmp_path / "run"))
    return plan, state, facts


def probability(model, case):
    return model.answer(case, Limits()).main.probabilities["yes"]


def test_a_table_with_words_and_gaps_is_learnt(tmp_path):
    plan, state, _ = trained(patients(), tmp_path)
    model = METHOD.open(plan, state, Setting())
    new = patients(seed=1)
    truths = [case.truth(Diagnosis).probabilities["yes"] for case in new]
    assert roc_auc_score(truths, [probability(model, case) for case in new]) > 0.9


def test_a_package_gives_equal_answers(tmp_path):
    plan, state, facts = trained(patients(), tmp_path)
    write_package(tmp_path / "model", Contents(plan, state, facts))
    package = open_package(tmp_path / "model")
    before, after = METHOD.open(plan, state, Setting()), package.open()
    for case in patients(20, seed=2):
        assert after.answer(case, Limits()).main == before.answer(case, Limits()).main


def test_a_word_never_seen_is_a_missing_one(tmp_path):
    plan, state, _ = trained(patients(), tmp_path)
    model = METHOD.open(plan, state, Setting())
    known = {"age": 60.0, "noise": 0.0}
    said = [
        probability(model, table_case("x", {**known, **more}, None))
        for more in ({"smoker": "pipe"}, {"smoker": None}, {})
    ]
    assert said[0] == said[1] == said[2]


def test_a_case_without_anything_is_answered_with_an_alarm(tmp_path):
    plan, state, _ = trained(patients(), tmp_path)
    findings = METHOD.open(plan, state, Setting()).answer(table_case("x", {}, None), Limits())
    assert sum(findings.main.probabilities.values()) == pytest.approx(1)
    assert findings.alarms == (NOTHING_KNOWN,)
    known = METHOD.open(plan, state, Setting()).answer(table_case("x", {"noise": 0.0}, None), Limits())
    assert known.alarms == ()


def test_unknown_truths_change_nothing(tmp_path):
    plan, state, _ = trained(patients(), tmp_path)
    unknown = Diagnosis({"no": float("nan"), "yes": float("nan")})
    more = [table_case(f"u{i}", {"age": 99.0 - i, "smoker": "no", "noise": 9.0}, unknown) for i in range(20)]
    again = METHOD.fit(plan, Cases((*patients(), *more)), FolderContext.at(tmp_path / "more"))
    assert again == state


def test_words_have_the_codes_of_their_order_and_numbers_among_words_are_words():
    cases = [table_case(str(i), {"grade": grade, "n": 1.0}, None) for i, grade in enumerate(["b", "a", 2.0, None])]
    codes = codes_of(cases, ["grade", "n"])
    assert codes == {"grade": ["2", "a", "b"]}
    plan = Plan("boosting", "diagnosis").decide("columns", ["grade", "n"], "")
    for what in ("series", "channels", "summaries"):
        plan = plan.decide(what, [], "")
    rows = np.array([row_of(plan, codes, case) for case in cases])
    np.testing.assert_array_equal(rows, [[2, 1], [1, 1], [0, 1], [np.nan, 1]])


def test_series_are_summarised():
    values = np.array([3.0, 1.0, 2.0], np.float32)
    got = [summary(how, values) for how in ("last", "mean", "min", "max", "count")]
    assert got == [2.0, 2.0, 1.0, 3.0, 3.0]
    assert np.isnan(summary("last", values[:0]))
    assert summary("count", None) == 0.0


def ward(n=60, seed=0):
    """The ill have a high last pulse; some were never measured, and one has no times at all."""
    rng = np.random.default_rng(seed)
    cases = []
    for i in range(n):
        is_ill = i % 2 == 0
        times = np.sort(rng.uniform(0, 48, rng.integers(1, 6)))
        values = np.stack([rng.normal(80, 5, len(times)), np.full(len(times), np.nan)], axis=1)
        values[-1, 0] = 130 if is_ill else 70
        cases.append(series_case(f"s{i}", times, values, ("HR", "pH"), yes_no(is_ill), {"age": None}))
    return [*cases, series_case("empty", [], np.zeros((0, 2)), ("HR", "pH"), yes_no(True))]


def test_series_are_learnt_from_their_summaries(tmp_path):
    plan, state, _ = trained(ward(), tmp_path)
    assert plan["channels"] == ["history:HR", "history:pH"]
    model = METHOD.open(plan, state, Setting())
    new = ward(seed=1)[:-1]
    assert all((probability(model, case) > 0.5) == (case.truth(Diagnosis).likeliest == "yes") for case in new)
    empty = model.answer(ward()[-1], Limits())
    assert NOTHING_KNOWN in empty.alarms
    renamed = series_case("r", [1.0], [[7.0, 130.0]], ("pH", "HR"), None)  # another order of channels, none lacking
    assert probability(model, renamed) > 0.5


def test_a_case_without_its_series_is_refused(tmp_path):
    plan, state, _ = trained(ward(), tmp_path)
    with pytest.raises(Refused, match="no series history"):
        METHOD.open(plan, state, Setting()).answer(table_case("x", {"age": 50.0}, None), Limits())


def test_what_can_not_be_learnt_is_refused(tmp_path):
    alike = [table_case(f"p{i}", {"age": float(i)}, yes_no(False)) for i in range(6)]
    with pytest.raises(Refused, match="Add cases of the other classes"):
        METHOD.candidates(fingerprint(alike)[0], Budget(), {})
    nothing = [table_case(f"p{i}", {}, yes_no(i % 2)) for i in range(6)]
    with pytest.raises(Refused, match="neither covariates nor series"):
        METHOD.candidates(fingerprint(nothing)[0], Budget(), {})
    with pytest.raises(Refused, match="summaries"):
        trained(ward(), tmp_path, {"summaries": ["median"]})


def test_a_wish_is_obeyed_and_said():
    facts, _, _ = fingerprint(patients())
    plan = METHOD.candidates(facts, Budget(), {"trees": 7, "columns": ["age"]})[0]
    assert (plan["trees"], plan["columns"]) == (7, ["age"])
    assert {d.why for d in plan.decisions if d.what in ("trees", "columns")} == {"wished"}
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.data
def test_four_hospitals_are_told_apart_from_chance(data_root, tmp_path):
    import hounsfield

    package = hounsfield.train(data_root / "hearts_four_hospitals", out=tmp_path / "model")
    assert package.plan.method == "boosting"
    scored = package.scores.sets["auc"]["yes"]
    assert scored.low > 0.5
