import numpy as np
import pytest

from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.values import Refused

TASKS = {"torso": "segmentation", "torso_pairs": "registration", "cells": "detection", "records": "diagnosis"}


@pytest.mark.parametrize("kind", TASKS)
def test_a_data_set_names_its_task_and_tells_kinds_without_making_anything(kind):
    data = phantom_dataset(kind, cases=6, seed=2)
    assert data.task == TASKS[kind]
    assert len({case.id for case in data}) == 6
    assert len({case.patient for case in data}) == (3 if kind in ("torso", "cells") else 6)
    assert {case.split for case in data} == {None}
    assert {case.site for case in phantom_dataset(kind, cases=20)} == {"north", "east", "south"}
    case = data[3]
    for value in (*case.inputs.values(), *(truth.answer for truth in case.truths.values())):
        assert isinstance(value.load(), value.kind)
        assert len(value.digest()) == 64
    digests = [v.digest() for c in data for v in (*c.inputs.values(), *(t.answer for t in c.truths.values()))]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize(("kind", "size", "role"), [("torso", (16, 16, 16), "image"), ("cells", (32, 48), "image")])
def test_a_size_is_obeyed(kind, size, role):
    case = phantom_dataset(kind, cases=1, size=size)[0]
    assert case.inputs[role].load().grid.shape == size


def test_a_larger_set_begins_with_the_smaller_one():
    few, more = phantom_dataset("cells", cases=2), phantom_dataset("cells", cases=4)
    for a, b in zip(few, more, strict=False):
        assert a.inputs["image"].load() == b.inputs["image"].load()


def test_images_of_a_patient_look_alike():
    """Stain is the patient's: the mean colour of a patient's pictures is nearer than that of two patients'."""
    data = phantom_dataset("cells", cases=24, null="no_signal")
    colours = np.array([np.median(case.inputs["image"].load().array(), axis=(1, 2)) for case in data])
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=-1) + 1e9 * np.eye(24)
    same_patient = [data[int(n)].patient == case.patient for case, n in zip(data, apart.argmin(axis=1), strict=True)]
    assert np.mean(same_patient) > 0.5  # chance is 1 in 23


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "brains", "cases": 1},
        {"kind": "cells", "cases": 0},
        {"kind": "cells", "cases": 1, "size": (32, 32, 32)},
        {"kind": "records", "cases": 1, "size": (32,)},
        {"kind": "torso", "cases": 1, "difficulty": 2},
        {"kind": "torso", "cases": 1, "null": "nothing"},
    ],
)
def test_what_no_phantom_can_be_is_refused(wrong):
    with pytest.raises(Refused) as refusal:
        phantom_dataset(**wrong)
    assert refusal.value.problems[0].remedy
