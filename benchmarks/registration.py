"""Structures carried between patients: no registration, affine, deformable, on pairs of hippocampi.

    python benchmarks/registration.py        (a minute on one core)

Pairs are drawn from the training part (all but every fifth case of the sorted names), no case twice. Prints the mean
Dice of both structures with its interval over pairs, and what each step adds.
"""

import argparse
import csv
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np

import hounsfield as hu
from hounsfield.evaluation.bootstrap import interval, paired_difference
from hounsfield.evaluation.metric import mean_of_defined
from hounsfield.evaluation.registration import CARRIED_DICE, FOLDING
from hounsfield.registry.tables import METHODS
from hounsfield.tasks.pairs import derive_pairs
from hounsfield.values import Budget, Case, Dataset, Facts, Findings, Limits, Row, Setting, State, Transform

HERE = Path(__file__).parent


def drawn_pairs(dataset: Dataset, count: int, seed: int) -> Dataset:
    names = sorted(case.id for case in dataset if case.truths)
    rest = [name for number, name in enumerate(names) if number % 5 != 4]
    order = np.random.default_rng(seed).permutation(len(rest))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pairs.csv"
        with file.open("w", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(["fixed", "moving"])
            rows.writerows((rest[order[2 * n]], rest[order[2 * n + 1]]) for n in range(count))
        return derive_pairs(dataset, str(file))


def dice(transform: Transform, case: Case) -> float:
    return float(np.mean([row.numbers[0] for row in CARRIED_DICE.items(Findings(transform), case)]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--results", type=Path, default=HERE / "results" / "registration.json")
    args = parser.parse_args()
    dataset = hu.open_dataset(Path(os.environ["HOUNSFIELD_DATA"]) / "hippocampus")
    method = METHODS.load("deformable")
    plan = method.candidates(Facts(), Budget(), method.card.wishes(dict(w.split("=", 1) for w in args.set)))[0]
    trained = method.open(plan, State(), Setting())
    scores: dict[str, dict[str, float]] = {"none": {}, "affine": {}, "deformable": {}}
    seconds, folding = [], []
    for case in drawn_pairs(dataset, args.pairs, args.seed):
        began = time.process_time()
        findings = trained.answer(case, Limits())
        seconds.append(time.process_time() - began)
        t = findings.main
        folding.append(FOLDING.items(findings, case)[0].numbers[0])
        straight = Transform(t.fixed_grid, t.moving_grid, np.eye(4))
        for name, one in (("none", straight), ("affine", Transform(t.fixed_grid, t.moving_grid, t.affine)),
                          ("deformable", t)):  # fmt: skip
            scores[name][case.id] = dice(one, case)
    ids = {case: case for case in scores["none"]}
    for name, values in scores.items():
        rows = [Row("dice", (value,), case, case) for case, value in values.items()]
        print(f"{name:<12}{interval(rows, mean_of_defined)}")
    print("affine - none       ", paired_difference(scores["none"], scores["affine"], ids))
    print("deformable - affine ", paired_difference(scores["affine"], scores["deformable"], ids))
    print(f"{np.mean(seconds):.1f} processor seconds a pair; at most {100 * max(folding):.2g} % folds")
    args.results.parent.mkdir(parents=True, exist_ok=True)
    args.results.write_text(json.dumps({"plan": plan.to_json(), "dice": scores, "seconds": seconds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
