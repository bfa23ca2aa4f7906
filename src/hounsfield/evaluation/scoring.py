"""From findings and cases to scores with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from hounsfield.evaluation.bootstrap import interval
from hounsfield.evaluation.metric import Metric
from hounsfield.values import Case, Findings, Interval, Problem, Refused, Row, Scores, Truth
from hounsfield.values.together import groups_of

Rows = dict[str, dict[str, list[Row]]]
JOINED = "The cases hang together, each sharing a patient or an image with another, so no interval can be told."


def score(
    metrics: Sequence[Metric],
    answered: Iterable[tuple[Findings | Refused, Case]],
    *,
    unanswered: Sequence[Case] = (),
    seed: int = 0,
    resamples: int = 1000,
) -> Scores:
    """Hold the answers against the truths.

    Findings are taken one at a time and not kept; each truth is read once. An answer that cannot be compared (another
    grid, other names), or a refusal in its place, is a problem of the result, and its case counts as unanswered; a
    truth that cannot be read is a problem too, and its case does not count. An unanswered case that has a truth counts
    as the metric's worst value in every item that the answered cases have; where a metric has none, it is left out,
    and a note says so. `first` is the name of the first metric. Intervals are over groups of cases that share no
    patient with other groups: the cases of one patient, or pairs that hang together in a chain.
    """
    rows: Rows = {metric.name: {} for metric in metrics}
    scored: list[Case] = []
    failed = [case for case in unanswered if case.truths]
    problems: list[Problem] = []
    without_truth = unreadable = 0
    for findings, case in answered:
        if isinstance(findings, Refused):
            problems.extend(findings.problems)
            failed += [case] if case.truths else []
            continue
        held = _in_memory(case)
        try:
            measured = [(metric, metric.items(findings, held)) for metric in metrics]
        except Refused as refused:
            problems.extend(refused.problems)
            if all(map(_is_readable, held.truths.values())):
                failed.append(case)
            else:
                unreadable += 1
            continue
        if not any(found for _, found in measured):
            without_truth += 1
            continue
        scored.append(case)
        for metric, found in measured:
            _add(rows[metric.name], found, case)
    notes = [f"{_cases(without_truth)} no truth to compare with."] if without_truth else []
    notes += [f"{_cases(unreadable)} a truth that can not be read; not counted."] if unreadable else []
    if failed:
        notes.append(_count_worst(metrics, rows, failed))
        scored += failed
    patients = _drawn_together(scored)
    notes += [JOINED] if len(scored) > len(set(patients.values())) == 1 and scored[0].several else []
    sets = {metric.name: _pooled(metric, rows[metric.name], patients, seed, resamples) for metric in metrics}
    notes += [note for metric in metrics for note in _warnings(metric, sets[metric.name])]
    return Scores(
        sets=sets,
        cases=_by_case([metric for metric in metrics if metric.of != "set"], rows, patients),
        first=metrics[0].name,
        better={metric.name: metric.better for metric in metrics},
        units={metric.name: metric.unit for metric in metrics},
        patients=patients,
        problems=tuple(problems),
        notes=tuple(notes),
    )


def _is_readable(truth: Truth) -> bool:
    try:
        truth.answer.load()
    except Refused:
        return False
    return True


def _in_memory(case: Case) -> Case:
    """The case with truths that are read when they are first asked for, and then kept."""
    truths = {
        name: replace(truth, answer=replace(truth.answer, load=cache(truth.answer.load)))
        for name, truth in case.truths.items()
    }
    return replace(case, truths=truths)


def _add(items: dict[str, list[Row]], found: Iterable[Row], case: Case) -> None:
    for row in found:
        items.setdefault(row.item, []).append(replace(row, case=case.id))


def _count_worst(metrics: Sequence[Metric], rows: Rows, failed: Sequence[Case]) -> str:
    """Give the cases without an answer the worst value; the sentence that says so."""
    for metric in metrics:
        if metric.worst is not None:
            items = rows[metric.name]
            for case in failed:
                _add(items, [_worst_row(metric.worst, item, found[0]) for item, found in items.items()], case)
    counted = [metric.name for metric in metrics if metric.worst is not None]
    left_out = [metric.name for metric in metrics if metric.worst is None]
    said = f"as the worst value in {', '.join(counted)}" if counted else ""
    said += "; " if counted and left_out else ""
    said += f"not at all in {', '.join(left_out)}" if left_out else ""
    return f"{_cases(len(failed))} no answer that can be compared; counted {said}."


def _worst_row(worst: float, item: str, like: Row) -> Row:
    return Row(item, (worst, *[float("nan")] * (len(like.numbers) - 1)))


def _cases(n: int) -> str:
    return "1 case has" if n == 1 else f"{n} cases have"


def _drawn_together(cases: Sequence[Case]) -> dict[str, str]:
    """Case -> its patient, or what stands for all patients whose cases it hangs together with, as pairs do."""
    group_of = groups_of(cases)
    members: dict[str, set[str]] = {}
    for case in cases:
        members.setdefault(group_of[case.id], set()).add(case.patient)
    names = {
        group: f"{group} and others" if len(several) > 1 else next(iter(several)) for group, several in members.items()
    }
    return {case.id: names[group_of[case.id]] for case in cases}


def _pooled(
    metric: Metric, items: Mapping[str, list[Row]], patients: Mapping[str, str], seed: int, resamples: int
) -> dict[str, Interval]:
    known = {item: [replace(row, patient=patients[row.case]) for row in found] for item, found in items.items()}
    return {item: interval(found, metric.pool, seed=seed, resamples=resamples) for item, found in known.items()}


def _warnings(metric: Metric, items: Mapping[str, Interval]) -> list[str]:
    """What a person who only sees numbers might take for a result."""
    missed = [item for item, found in items.items() if found.value is not None and found.value == metric.nothing]
    guessed = [item for item, found in items.items() if metric.guess is not None and _holds(found, metric.guess)]
    warnings = (
        [f"Never found: {', '.join(missed)} ({metric.name} is {metric.nothing:g} over all cases)."] if missed else []
    )
    if guessed:
        how = f"can not be told from guessing on these cases (the interval holds {metric.guess:g})"
        warnings.append(f"{metric.name} of {', '.join(guessed)}: {how}.")
    return warnings


def _holds(found: Interval, value: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= value <= found.high


def _by_case(
    metrics: Sequence[Metric], rows: Rows, patients: Mapping[str, str]
) -> dict[str, dict[str, dict[str, float | None]]]:
    """Case -> metric -> item -> value, for metrics that have one for each case; None is undefined."""
    cases: dict[str, dict[str, dict[str, float | None]]] = {case: {} for case in patients}
    for metric in metrics:
        for item, found in rows[metric.name].items():
            for row in found:
                cases[row.case].setdefault(metric.name, {})[item] = metric.pool([row])
    return cases
