"""Which validation cases a look takes in."""

from hounsfield.training.validation import LOOKED_AT, LOOKED_AT_OF_SETS, looked_at
from hounsfield.values import Case, Plan

CASES = [Case(str(number), {}) for number in range(1000)]


def test_few_cases_tell_enough_where_each_has_a_score():
    assert len(looked_at(Plan("unet", "segmentation"), CASES)) == LOOKED_AT
    assert looked_at(Plan("unet", "segmentation"), CASES[:3]) == CASES[:3]
    assert looked_at(Plan("unet", "segmentation"), []) == []


def test_where_only_a_set_has_a_score_more_are_looked_at_and_from_everywhere():
    seen = looked_at(Plan("convnet", "diagnosis"), CASES)
    assert len(seen) == len({case.id for case in seen}) == LOOKED_AT_OF_SETS
    # sorted by class, the cases of a rare class stand together: some of any twentieth are seen
    assert all(any(int(case.id) // 50 == part for case in seen) for part in range(20))
