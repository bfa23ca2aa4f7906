"""GRU-D: what it is shown of series and covariates, odd cases, unknown truths, learning, packages, real stays."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from diagnosis_cases import lazy, series_case, table_case, truth, yes_no
from sklearn.metrics import roc_auc_score

from hounsfield.inference.classes import truth_row
from hounsfield.layouts.physionet2012 import LAYOUT
from hounsfield.methods.gru_d.method import METHOD, NOTHING_KNOWN, network_inputs
from hounsfield.methods.gru_d.planning import bins_of
from hounsfield.methods.gru_d.records import series_of, static_of, static_size
from hounsfield.packages.opening import open_package
from hounsfield.packages.writing import Contents, write_package
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.planning.choice import choose
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.registry.tables import TASKS
from hounsfield.seam import Cases
from hounsfield.training.context import FolderContext
from hounsfield.values import Budget, Diagnosis, Limits, Plan, Refused, Rehearsal, Series, Setting, equal

NAN = np.nan
CHANNELS = ("hr", "ph")
TINY = {"steps": 3, "hidden": 4, "batch": 8, "step_hours": 1.0}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def stay(name, times, values, is_yes=False, **covariates):
    return series_case(name, times, values, CHANNELS, yes_no(is_yes), covariates)


def stays():
    """Forty stays of four hours."""
    rng = np.random.default_rng(0)
    cases = []
    for n in range(40):
        values = np.stack([rng.normal(80, 10, 5), rng.normal(7.4, 0.05, 5)], axis=1)
        values[rng.random(values.shape) < 0.3] = NAN
        covariates = {"age": float(rng.integers(20, 90)), "ward": float(n % 3), "sex": ("f", "m")[n % 2]}
        cases.append(stay(f"s{n}", np.arange(5.0), values, n % 4 == 0, **covariates))
    return cases


def planned(cases, **wishes):
    facts, _, problems = fingerprint(cases)
    assert not problems
    return METHOD.candidates(facts, Budget(), {**TINY, **wishes})[0]


def fitted(plan, cases, folder, seed=0):
    return METHOD.fit(plan, Cases(tuple(cases)), FolderContext.at(folder, seed=seed))


def answer(plan, state, case):
    return METHOD.open(plan, state, Setting()).answer(case, Limits())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    cases = stays()
    plan = planned(cases)
    return plan, fitted(plan, cases, tmp_path_factory.mktemp("gru_d"))


def column(plan, name, what="channel_range"):
    """Lowest, highest, middle and spread of one name."""
    names = plan["channels"] if what == "channel_range" else plan["numbers"]
    return np.reshape(plan[what], (4, -1))[:, names.index(name)]


def test_the_plan_knows_channels_covariates_and_time():
    plan = planned(stays(), step_hours=0.5)
    assert plan["channels"] == ["history:hr", "history:ph"]
    assert plan["numbers"] == ["age"]
    assert plan["categories"] == ["sex", "ward"]
    assert plan["category_words"] == ["sex=f", "sex=m", "ward=0", "ward=1", "ward=2"]
    assert plan["hours"] == 4.0
    assert bins_of(plan) == 8
    assert plan["prevalence"] == [0.75, 0.25]
    low, high, middle, spread = column(plan, "history:ph")
    assert 6 < low < 7.3 < middle < 7.5 < high < 9
    assert 0.001 < spread < 0.1


def test_values_are_binned_standardised_and_cut():
    plan = planned(stays())
    values = [[100.0, 94.0], [110.0, NAN], [NAN, NAN], [90.0, 7.4]]
    found, strangers = series_of(plan, stay("new", [0.2, 0.2, 1.5, 2.0], values), 4)
    _, _, middle, spread = column(plan, "history:hr")
    expected = [(105 - middle) / spread, NAN, (90 - middle) / spread, NAN]
    assert found[:, 0] == pytest.approx(expected, nan_ok=True, rel=1e-5)
    _, high, middle, spread = column(plan, "history:ph")
    assert found[0, 1] == pytest.approx((high - middle) / spread)
    assert not strangers


def test_time_is_in_hours_whatever_the_unit():
    plan, case = planned(stays()), stay("new", [0.0, 2.5], [[80.0, 7.4], [90.0, 7.3]])
    hours = case.inputs["history"].load()
    seconds = Series(hours.times * 3600, hours.values, hours.channels, "s")
    other = replace(case, inputs={"history": lazy(seconds, b"s")})
    assert equal(series_of(plan, other, 4), series_of(plan, case, 4))
    beats = Series(hours.times, hours.values, hours.channels, "beats")
    with pytest.raises(Refused, match="'beats'"):
        series_of(plan, replace(case, inputs={"history": lazy(beats)}), 4)


def test_covariates_are_numbers_words_and_what_is_missing():
    plan = planned(stays())
    _, _, middle, spread = column(plan, "age", "number_range")
    known = static_of(plan, stay("a", [], np.zeros((0, 2)), age=50.0, sex="m", ward=2.0))
    # age, age missing, sex f, m, ward 0, 1, 2, sex unknown, ward unknown
    assert known == pytest.approx([(50 - middle) / spread, 0, 0, 1, 0, 0, 1, 0, 0], abs=1e-5)
    unknown = static_of(plan, stay("b", [], np.zeros((0, 2)), age="old", sex="x", ward=None))
    assert unknown.tolist() == [0, 1, 0, 0, 0, 0, 0, 1, 1]
    assert static_of(plan, stay("c", [], np.zeros((0, 2)))).tolist() == unknown.tolist()
    assert static_size(plan) == 9


def test_what_was_not_measured_is_no_number_of_the_network():
    values = np.array([[[1.0, NAN], [NAN, NAN], [3.0, 4.0]]], np.float32)
    inputs = network_inputs(values, np.zeros((1, 2), np.float32))
    assert inputs["mask"][0].tolist() == [[1, 0], [0, 0], [1, 1]]
    assert inputs["values"][0].tolist() == [[1, 0], [0, 0], [3, 4]]
    assert inputs["delta"][0] == pytest.approx(np.array([[0, 0], [1, 1], [2, 2]]) / 3)


ODD = {
    "missing covariate": stay("a", [1.0], [[80.0, 7.4]], age=None, sex="f", ward=1.0),
    "no covariates": stay("b", [1.0], [[80.0, 7.4]]),
    "repeated times": stay("c", [1.0, 1.0, 1.0], [[80.0, 7.4], [90.0, NAN], [NAN, NAN]], age=50.0),
    "no times": stay("d", [], np.zeros((0, 2)), age=50.0, sex="f", ward=1.0),
    "no values": stay("e", [1.0, 2.0], np.full((2, 2), NAN), age=50.0),
    "only later times": stay("f", [100.0], [[80.0, 7.4]], age=50.0),
    "impossible values": stay("g", [1.0], [[1e30, -1e30]], age=1e30),
    "unknown channels": series_case("h", [1.0], [[1.0, 80.0]], ("spo2", "hr"), None, {"age": 50.0}),
    "only unknown channels": series_case("i", [1.0], [[1.0]], ("spo2",), None, {"age": 50.0}),
    "another role": replace(
        stay("j", [1.0], [[80.0, 7.4]], age=50.0),
        inputs={"vitals": lazy(Series(np.array([1.0]), np.array([[80.0, 7.4]], np.float32), CHANNELS, "h"))},
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_cases_are_answered(trained, name):
    findings = answer(*trained, ODD[name])
    said = findings.main.probabilities
    assert list(said) == ["no", "yes"]
    assert sum(said.values()) == pytest.approx(1)
    assert all(0 <= p <= 1 for p in said.values())
    assert any("spo2" in alarm for alarm in findings.alarms) == ("unknown channels" in name)
    picture = TASKS.load("diagnosis").figure(findings, ODD[name])
    assert "no" in picture.svg
    assert ("over time" in picture.svg) == (name not in ("no times", "no values"))


def test_nothing_known_is_said_so(trained):
    assert answer(*trained, stay("a", [], np.zeros((0, 2)))).alarms == (NOTHING_KNOWN,)
    assert not answer(*trained, ODD["no times"]).alarms


def test_a_case_without_a_series_is_refused(trained):
    with pytest.raises(Refused, match="history"):
        answer(*trained, table_case("a", {"age": 50.0}, None))


def test_odd_cases_can_be_learnt_from(tmp_path):
    cases = [replace(case, truths=truth(yes_no(n % 2 == 0))) for n, case in enumerate(ODD.values()) if n != 9]
    plan = planned(cases)
    state = fitted(plan, cases, tmp_path)
    assert all(np.isfinite(array).all() for array in state.arrays.values())


def test_unknown_truths_change_nothing(tmp_path):
    cases = stays()
    plan = planned(cases)
    unknown = Diagnosis({"no": NAN, "yes": NAN})
    strangers = [replace(ODD["impossible values"], id=f"u{n}", truths=truth(unknown)) for n in range(3)]
    assert equal(fitted(plan, cases, tmp_path / "a"), fitted(plan, [*cases, *strangers], tmp_path / "b"))
    with pytest.raises(Refused, match="no known diagnosis"):
        fitted(plan, strangers, tmp_path / "c")


def test_of_several_findings_the_unknown_has_no_loss():
    logits = torch.tensor([[2.0, -1.0], [2.0, 50.0], [0.0, 0.0]])
    told = torch.tensor([[1.0, 0.0], [1.0, NAN], [NAN, NAN]])
    batch = {n: torch.zeros(3, 1) for n in ("values", "mask", "delta", "static")}
    batch |= {"truth": told, "is_exclusive": torch.zeros(3, dtype=torch.bool)}
    losses = METHOD.losses(lambda inputs: {"out": logits}, batch, np.random.default_rng(0))
    one = np.log1p(np.exp(-2.0))
    assert losses.tolist() == pytest.approx([(one + np.log1p(np.exp(-1.0))) / 2, one, 0.0], abs=1e-6)


def test_contradictions_are_refused():
    cases = stays()
    for wishes, what in (
        ({"channels": ["history:hr"], "channel_range": [1.0, 2.0]}, "channel_range"),
        ({"step_hours": 0.001, "hours": 48.0}, "step_hours"),
    ):
        with pytest.raises(Refused, match=what):
            planned(cases, **wishes)
    assert len(planned(cases, channels=["history:hr"])["channel_range"]) == 4
    with pytest.raises(Refused, match="no series"):
        planned([table_case(f"t{n}", {"age": float(n)}, yes_no(n % 2 == 0)) for n in range(6)])


def test_time_that_does_not_help_is_not_taken():
    facts, _, _ = fingerprint(stays())
    budget = Budget(seconds=3600.0)
    plan = METHOD.candidates(facts, budget, {})[0]
    quick, slow = (choose([plan], [Rehearsal(each, 0.0, 0.0, 0, 0)], budget)[0]["steps"] for each in (0.01, 100.0))
    assert quick == plan["most_steps"] == 100
    assert slow == 32


def test_packed_and_opened_it_answers_the_same(trained, tmp_path):
    plan, state = trained
    facts, _, _ = fingerprint(stays())
    write_package(tmp_path / "model", Contents(plan, state, facts))
    package = open_package(tmp_path / "model")
    assert Plan.from_json(package.plan.to_json()) == plan
    for case in ODD.values():
        assert package.open().answer(case, Limits()) == answer(plan, state, case)


def scored(plan, state, cases):
    """The area under the ROC curve on these cases."""
    said = [answer(plan, state, case).main.probabilities["yes"] for case in cases]
    return roc_auc_score([truth_row(case, ("no", "yes"))[1] for case in cases], said)


def test_learns_what_series_and_covariates_tell(tmp_path):
    cases = phantom_dataset("records", cases=300, difficulty=0.0).cases
    plan = planned(cases[:200], steps=200, hidden=16, batch=32, learning_rate=0.01, step_hours=4.0)
    state = fitted(plan, cases[:200], tmp_path)
    # neither half of what is told reaches this alone: tests/phantoms/test_phantoms_records.py
    assert scored(plan, state, cases[200:]) > 0.88


@pytest.mark.data
def test_reads_real_stays(data_root):
    cases = LAYOUT.read(data_root / "icu", _options()).cases[:60]
    facts, _, _ = fingerprint(cases)
    plan = METHOD.candidates(facts, Budget(), {})[0]
    assert plan["hours"] == 48
    assert plan["numbers"] == ["Age", "Height", "Weight"]
    assert plan["categories"] == ["Gender", "ICUType"]
    for case in cases:
        values, strangers = series_of(plan, case, bins_of(plan))
        assert values.shape == (48, len(plan["channels"]))
        assert not strangers
        assert np.nanmax(np.abs(values), initial=0) < 100


def _options():
    from hounsfield.layouts.layout import ReadOptions

    return ReadOptions()
