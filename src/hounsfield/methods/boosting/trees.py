"""Boosted trees as plain arrays: fitted by scikit-learn, walked through here.

All trees of a model lie behind each other. Of each node: feature, threshold, left, right (numbers of nodes),
missing_left, value (of a leaf), is_leaf. Of each tree: root, output (which score it adds to). Of each score: baseline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

Trees = Mapping[str, NDArray[Any]]
NODE = {"feature": np.int32, "threshold": np.float64, "left": np.int32, "right": np.int32, "missing_left": np.bool_,
        "value": np.float64, "is_leaf": np.bool_}  # fmt: skip
THEIRS = {"feature": "feature_idx", "threshold": "num_threshold", "missing_left": "missing_go_to_left"}


def scores(trees: Trees, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score of each class (N, K) for rows (N, F), NaN where a value is missing."""
    total = np.repeat(trees["baseline"][None], len(table), axis=0)
    node = np.repeat(trees["root"][None], len(table), axis=0)  # (N, trees): where each row stands in each tree
    while not trees["is_leaf"][node].all():
        value = np.take_along_axis(table, trees["feature"][node], axis=1)
        goes_left = np.where(np.isnan(value), trees["missing_left"][node], value <= trees["threshold"][node])
        below = np.where(goes_left, trees["left"][node], trees["right"][node])
        node = np.where(trees["is_leaf"][node], node, below)
    for output in np.unique(trees["output"]):
        total[:, output] += trees["value"][node[:, trees["output"] == output]].sum(axis=1)
    return total


def fit_exclusive(table: NDArray[np.float64], truths: NDArray[np.float32], **sizes: Any) -> dict[str, NDArray[Any]]:
    """Trees whose softmax tells which class is true. truths: (N, K), 1 for the class of each row.

    Rows whose class is unknown are left out. A class without rows scores minus infinity.
    """
    is_known = (truths == 1).any(axis=1)
    label = np.nan_to_num(truths[is_known]).argmax(axis=1)
    seen = np.unique(label)
    baseline = np.full(truths.shape[1], -np.inf)
    baseline[seen] = 0.0
    if len(seen) < 2:
        return _joined([], baseline)
    model = _fitted(table[is_known], label, **sizes)
    # of two classes scikit-learn scores the second only: the logarithm of the odds against the first
    outputs = list(seen if len(seen) > 2 else seen[1:])
    baseline[outputs] = np.ravel(model._baseline_prediction)
    return _joined(_with_outputs(model, outputs), baseline)


def fit_multi(table: NDArray[np.float64], truths: NDArray[np.float32], **sizes: Any) -> dict[str, NDArray[Any]]:
    """Trees whose sigmoid tells each class for itself. truths: (N, K), NaN where unknown, whose rows are left out."""
    trees, baseline = [], np.zeros(truths.shape[1])
    for place, column in enumerate(truths.T):
        known = column[np.isfinite(column)]
        if len(np.unique(known)) < 2:
            # Laplace's rule of succession: seen n times alike is no certainty
            baseline[place] = np.log((known.sum() + 1) / (len(known) - known.sum() + 1))
            continue
        model = _fitted(table[np.isfinite(column)], known == 1, **sizes)
        baseline[place] = float(np.ravel(model._baseline_prediction)[0])
        trees += _with_outputs(model, [place])
    return _joined(trees, baseline)


def _fitted(
    table: NDArray[np.float64],
    label: NDArray[Any],
    *,
    trees: int,
    depth: int,
    learning_rate: float,
    smallest_leaf: int,
    l2: float,
) -> Any:
    # scikit-learn takes no column that is missing throughout; one of zeros is never asked about either
    table = np.where(np.isnan(table).all(axis=0), 0.0, table)
    return HistGradientBoostingClassifier(
        max_iter=trees,
        max_depth=depth,
        learning_rate=learning_rate,
        min_samples_leaf=smallest_leaf,
        l2_regularization=l2,
        early_stopping=False,
        random_state=0,
    ).fit(table, label)


def _with_outputs(model: Any, outputs: Sequence[int]) -> list[tuple[NDArray[Any], int]]:
    """The nodes of each tree, with the score that it adds to."""
    return [(tree.nodes, out) for trees in model._predictors for tree, out in zip(trees, outputs, strict=True)]


def _joined(trees: Sequence[tuple[NDArray[Any], int]], baseline: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """The trees behind each other."""
    sizes = [len(nodes) for nodes, _ in trees]
    roots = np.cumsum([0, *sizes])[:-1] if trees else np.zeros(0)
    joined: dict[str, NDArray[Any]] = {}
    for name, dtype in NODE.items():
        parts: list[NDArray[Any]] = [nodes[THEIRS.get(name, name)].astype(dtype) for nodes, _ in trees]
        joined[name] = np.concatenate(parts) if parts else np.zeros(0, dtype)
    for name in ("left", "right"):
        joined[name] += np.repeat(roots, sizes).astype(np.int32)
    outputs = np.array([output for _, output in trees], np.int32)
    return {**joined, "root": roots.astype(np.int32), "output": outputs, "baseline": baseline}
