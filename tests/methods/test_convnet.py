"""A residual network for diagnoses: balanced drawing, unknown truths, prevalence, sizes, learning."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from diagnosis_cases import disc_case, discs, image_case, yes_no
from sklearn.metrics import roc_auc_score

from hounsfield.methods.convnet.method import METHOD
from hounsfield.methods.convnet.planning import size_rule
from hounsfield.methods.convnet.preparation import brought_to
from hounsfield.nets.convnet import ConvNet
from hounsfield.packages.opening import open_package
from hounsfield.packages.writing import Contents, write_package
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.seam import Cases
from hounsfield.training.by_class import groups_of
from hounsfield.training.context import FolderContext
from hounsfield.training.prepared import prepare_all
from hounsfield.values import Budget, Diagnosis, Grid, Limits, Plan, Refused, Setting

TINY = {"features": [8, 16], "blocks": 1, "batch": 16, "steps": 60, "validate_every": 1000}
UNKNOWN = Diagnosis({"no": float("nan"), "yes": float("nan")})


def planned(cases, **wishes):
    facts, _, problems = fingerprint(cases)
    assert not problems
    plan = METHOD.candidates(facts, Budget(), {**TINY, **wishes})[0]
    METHOD.card.check(plan)
    assert Plan.from_json(plan.to_json()) == plan
    return plan, facts


def fitted(cases, folder, **wishes):
    plan, facts = planned(cases, **wishes)
    return plan, METHOD.fit(plan, Cases(tuple(cases)), FolderContext.at(folder)), facts


def probability(model, case):
    return model.answer(case, Limits()).main.probabilities["yes"]


def test_a_bright_disc_is_found_and_a_package_says_the_same(tmp_path):
    plan, state, facts = fitted(discs(60, 0, (20, 20)), tmp_path / "run", rotation_deg=0.0, steps=40)
    model = METHOD.open(plan, state, Setting())
    new = discs(40, 1, (20, 20))
    said = [probability(model, case) for case in new]
    assert roc_auc_score([case.truth(Diagnosis).probabilities["yes"] for case in new], said) > 0.9
    write_package(tmp_path / "model", Contents(plan, state, facts))
    after = open_package(tmp_path / "model").open()
    assert [probability(after, case) for case in new[:5]] == said[:5]


def test_balls_in_3d_and_sizes_of_any_kind_are_answered(tmp_path):
    cases = discs(8, 0, (18, 16, 14))
    plan, state, _ = fitted(cases, tmp_path, steps=2, batch=2)
    model = METHOD.open(plan, state, Setting())
    for shape in ((18, 16, 14), (31, 13, 20)):
        findings = model.answer(disc_case("x", True, np.random.default_rng(0), shape), Limits())
        assert sum(findings.main.probabilities.values()) == pytest.approx(1)
    with pytest.raises(Refused, match="2 dimensions"):
        model.answer(discs(1, 0)[0], Limits())


def batches(plan, cases, folder, steps=40):
    ctx = FolderContext.at(folder)
    prepared = prepare_all(METHOD, plan, cases, ctx)
    memory = METHOD.refresh(plan, None, prepared, {}, np.random.default_rng(0))
    return [METHOD.batch(plan, prepared, 0, step, memory) for step in range(steps)]


def test_rare_classes_are_drawn_as_often_as_common_ones(tmp_path):
    cases = discs(40, 0, share=0.1)
    plan, _ = planned(cases)
    assert plan["prevalence"] == [0.9, 0.1]
    truths = torch.cat([batch["truth"] for batch in batches(plan, cases, tmp_path)])
    # 640 draws at one half: five standard deviations are 0.1
    assert float(truths[:, 1].mean()) == pytest.approx(0.5, abs=0.1)


def test_a_batch_is_the_same_whenever_it_is_drawn(tmp_path):
    cases = discs(12, 0)
    plan, _ = planned(cases)
    prepared = prepare_all(METHOD, plan, cases, FolderContext.at(tmp_path))
    memory = METHOD.refresh(plan, None, prepared, {}, np.random.default_rng(0))
    first, again = (METHOD.batch(plan, prepared, 3, 7, kept) for kept in (memory, {}))
    other = METHOD.batch(plan, prepared, 3, 8, memory)
    assert torch.equal(first["image"], again["image"])
    assert not torch.equal(first["image"], other["image"])


def test_cases_of_which_nothing_is_known_change_nothing(tmp_path):
    cases = discs(12, 0)
    rng = np.random.default_rng(5)
    unknown = [disc_case(f"u{i}", True, rng, diagnosis=UNKNOWN) for i in range(5)]
    plan, state, _ = fitted(cases, tmp_path / "known", steps=3)
    more = METHOD.fit(plan, Cases((*cases, *unknown)), FolderContext.at(tmp_path / "more"))
    assert more == state


def losses(logits, truth, is_exclusive):
    batch = {
        "image": torch.zeros(len(truth), 1),
        "truth": truth,
        "is_exclusive": torch.full((len(truth),), is_exclusive),
    }
    return METHOD.losses(lambda inputs: {"out": logits}, batch, np.random.default_rng(0))


def test_losses_are_cross_entropies_and_the_unknown_costs_nothing():
    logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0], [1.0, 1.0, 1.0]], requires_grad=True)
    nan = float("nan")
    exclusive = losses(logits, torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [nan, nan, nan]]), True)
    torch.testing.assert_close(exclusive[:2], F.cross_entropy(logits[:2], torch.tensor([0, 2]), reduction="none"))
    multi = losses(logits, torch.tensor([[1.0, nan, 0.0], [0.0, 1.0, 1.0], [nan, nan, nan]]), False)
    first = F.binary_cross_entropy_with_logits(logits[0, [0, 2]], torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(multi[0], first)
    assert exclusive[2] == multi[2] == 0
    (exclusive.sum() + multi.sum()).backward()
    assert torch.isfinite(logits.grad).all()
    assert not logits.grad[2].any()


def test_each_class_for_itself(tmp_path):
    rng = np.random.default_rng(0)
    truths = [Diagnosis({"a": i % 2, "b": float("nan") if i < 4 else i % 3 == 0}, "multi") for i in range(12)]
    cases = [disc_case(f"m{i}", truth.probabilities["a"], rng, diagnosis=truth) for i, truth in enumerate(truths)]
    plan, state, _ = fitted(cases, tmp_path, steps=2)
    assert not plan["balanced"]
    answer = METHOD.open(plan, state, Setting()).answer(cases[0], Limits()).main
    assert answer.kind == "multi"
    assert all(0 < p < 1 for p in answer.probabilities.values())


def test_probabilities_follow_the_expected_prevalence(tmp_path):
    """Odds change by the ratio of the prevalences: Bayes."""
    plan, state, _ = fitted(discs(20, 0), tmp_path, steps=5)
    case = discs(1, 9)[0]
    odds = []
    for prevalence in ([0.5, 0.5], [0.9, 0.1]):
        p = probability(METHOD.open(plan.decide("prevalence", prevalence, "wished"), state, Setting()), case)
        odds.append(p / (1 - p))
    assert odds[0] / odds[1] == pytest.approx(9)
    with pytest.raises(Refused, match="one number a class"):
        probability(METHOD.open(plan.decide("prevalence", [1.0], "wished"), state, Setting()), case)


def test_groups():
    nan = np.nan
    truths = np.array([[1, 0], [0, 1], [0, 1], [nan, nan], [0, nan]], np.float32)
    assert [group.tolist() for group in groups_of(truths, balanced=True)] == [[0], [1, 2]]
    assert [group.tolist() for group in groups_of(truths, balanced=False)] == [[0, 1, 2, 4]]


def test_shrinking_keeps_means_and_growing_keeps_edges():
    image = np.random.default_rng(0).normal(size=(2, 8, 6)).astype(np.float32)
    small = brought_to(image, (4, 3))
    np.testing.assert_allclose(small, image.reshape(2, 4, 2, 3, 2).mean(axis=(2, 4)), rtol=1e-5, atol=1e-6)
    large = brought_to(image, (16, 3))
    np.testing.assert_allclose(large[:, 0], image[:, 0].reshape(2, 3, 2).mean(axis=2), rtol=1e-5, atol=1e-6)


def test_large_images_are_planned_smaller_the_fine_axes_first():
    assert size_rule((28, 28), (1.0, 1.0), 2**14).value == [28, 28]
    size = size_rule((512, 512, 30), (0.7, 0.7, 5.0), 2**17).value
    assert 26 <= size[2] <= 30
    assert 0.7 * 2**17 < np.prod(size) < 1.1 * 2**17
    assert abs(size[0] - size[1]) <= 0.06 * size[0]


def test_colours_are_kept(tmp_path):
    """Red and blue pictures differ in nothing but their colour: a window of each picture's own would hide it."""
    rng = np.random.default_rng(0)
    cases = []
    for i in range(24):
        array = rng.normal(100, 5, size=(3, 12, 12)).astype(np.float32)
        array[0 if i % 2 else 2] += 80
        cases.append(image_case(f"c{i}", array, yes_no(i % 2), Grid.picture((12, 12))))
    plan, state, _ = fitted(cases, tmp_path, steps=40)
    assert plan["normalisation"] == "ct"
    model = METHOD.open(plan, state, Setting())
    assert all((probability(model, case) > 0.5) == (case.truth(Diagnosis).likeliest == "yes") for case in cases)


def test_a_network_answers_each_image_as_it_would_alone():
    torch.manual_seed(0)
    network = ConvNet(channels=2, classes=3).eval()
    images = torch.randn(4, 2, 20, 17)
    torch.testing.assert_close(network(images)[2:3], network(images[2:3]), rtol=1e-4, atol=1e-5)


def test_what_can_not_be_learnt_is_refused():
    with pytest.raises(Refused, match="other classes"):
        planned([disc_case(f"d{i}", True, np.random.default_rng(i)) for i in range(5)])
    with pytest.raises(Refused, match="two and three dimensions"):
        planned([*discs(4, 0), *discs(4, 0, (16, 16, 16))])


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("spacing", [1.0, 1.0, 1.0]),
        ("size", [24]),
        ("strides", [[1, 1], [2, 2], [2, 2]]),
        ("kernels", [[3, 3], [2, 2]]),
        ("flip_axes", [2]),
        ("prevalence", [1.0]),
        ("window", [0.0, 1.0]),
    ],
)
def test_wishes_that_contradict_the_rest_are_refused(what, value):
    with pytest.raises(Refused, match=what):
        planned(discs(6, 0), **{what: value})


def test_more_stages_than_the_image_has_room_for_are_obeyed():
    plan, _ = planned(discs(6, 0), features=[4] * 6)
    assert len(plan["strides"]) == len(plan["kernels"]) == 6
    assert METHOD.network(plan)(torch.zeros(1, 1, 24, 24)).shape == (1, 2)
