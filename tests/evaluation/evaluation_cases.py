"""Small cases for the tests of metrics: values wrapped as findings and truths."""

from typing import Any

import numpy as np

from hounsfield.values import Case, Findings, Grid, LabelMap, Lazy, Truth


def lazy(value: Any) -> Lazy:
    return Lazy(type(value), "memory", lambda: value, lambda: "")


def case_of(*truths: Any, of: tuple[str, ...] = (), id: str = "case", patient: str = "") -> Case:
    """A case with these truths, each lying on the role named beside it (else on `image`)."""
    roles = of or ("image",) * len(truths)
    named = {f"truth{i}": Truth(lazy(value), role) for i, (value, role) in enumerate(zip(truths, roles, strict=True))}
    return Case(id, {}, named, patient=patient)


def label_map(array: Any, spacing: Any = 1.0, **more: Any) -> LabelMap:
    array = np.asarray(array)
    return LabelMap(array, Grid.regular(array.shape, spacing), more.pop("labels", {1: "organ"}), **more)


def values_of(metric: Any, found: Any, *truths: Any, of: tuple[str, ...] = ()) -> dict[str, float]:
    """Item -> first number, of one case."""
    return {row.item: row.numbers[0] for row in metric.items(Findings(found), case_of(*truths, of=of))}


def rows_of(metric: Any, *found_and_truth: tuple[Any, Any]) -> list:
    """The rows of several cases, one after the other."""
    return [row for found, truth in found_and_truth for row in metric.items(Findings(found), case_of(truth))]
