"""What `plan` and `train` have in common: from data to cases, facts, and a method with its plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hounsfield.layouts.splits import apply_split, read_split, split_by_patient
from hounsfield.registry.tables import METHODS, TASKS
from hounsfield.seam import Cases, Method, read_card
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Case, Dataset, Decision, Facts, Plan, Problem, Refused, refuse
from hounsfield.values.wording import count
from hounsfield.verbs.beforehand import check_question
from hounsfield.verbs.data import derived, open_dataset, refuse_several_tasks, refuse_without_truth
from hounsfield.verbs.looking import Looked, look
from hounsfield.verbs.question import Question

BAD_SHARE = 0.05  # of the cases that may be bad before training refuses
FEWEST_PATIENTS = 4


@dataclass(frozen=True)
class Study:
    """The cases to learn from and those kept apart, what they are like, and the method that is to learn."""

    dataset: Dataset
    task: str
    method: Method
    chosen: Decision
    cases: Cases
    test: tuple[Case, ...]
    facts: Facts
    problems: tuple[Problem, ...]

    def candidates(self, question: Question) -> Sequence[Plan]:
        """The method's plans under the question's budget and wishes."""
        return self.method.candidates(self.facts, question.budget, question.wishes_for(self.method))


def study(question: Question, *, watch: Watcher = nobody) -> Study:
    """Open the data, split it by patient, and look at every case once."""
    check_question(question)
    dataset = open_dataset(
        question.data,
        layout=question.layout,
        task=question.task if question.derive is None else None,
        columns=question.columns,
        target=question.target,
        ignore=question.ignore,
        watch=watch,
    )
    if question.task is None and question.layout is None and not isinstance(question.data, Dataset):
        refuse_several_tasks(dataset)
    if question.derive is not None:
        dataset = split_before_deriving(dataset, question)
    dataset, task = derived(dataset, question.task, question.derive)
    refuse_without_truth(dataset, task)
    dataset = split(dataset, task, question)
    looked = look(dataset, watch)
    cases = Cases(looked.good["training"], looked.good["validation"])
    _refuse_too_few(dataset, cases, looked, question)
    chosen = choice_of(question, task, looked.facts)
    method: Method = METHODS.load(chosen.value)
    return Study(dataset, task, method, chosen, cases, looked.good["test"], looked.facts, looked.problems)


def choice_of(question: Question, task: str, facts: Facts) -> Decision:
    """The method that was asked for, or the task's default, with the reason."""
    if question.method is None:
        decision: Decision = TASKS.load(task).default(facts)
        return decision
    card = read_card(question.method)
    if task not in card.tasks:
        what = f"does {', '.join(card.tasks)}, and the data is for {task}"
        raise refuse(f"--method {card.name}", what, "Ask for another method (hounsfield list methods) or --task.")
    return Decision("method", card.name, "wished")


def split_before_deriving(dataset: Dataset, question: Question) -> Dataset:
    """The data set in parts before new cases are made of its own, so that no case sits in two parts within others.

    A split file that names the derived cases is left for afterwards.
    """
    if question.split is None:
        return dataset.with_cases(split_by_patient(dataset.cases, seed=question.seed))
    parts = read_split(Path(question.split))
    if not parts.keys() <= {case.id for case in dataset}:
        return dataset
    return dataset.with_cases(apply_split([case for case in dataset if case.id in parts], parts, question.split))


def split(dataset: Dataset, task: str, question: Question) -> Dataset:
    """The data set with every case in a part: from the file, from the layout, or drawn by patient and seed."""
    cases = dataset.cases
    parts = {} if question.split is None else read_split(Path(question.split))
    names_these = question.derive is None or parts.keys() <= {case.id for case in cases}
    if parts and names_these:
        placed = apply_split(cases, parts, question.split)
        cases = tuple(case for case in placed if case.id in parts)
    with_truth = list(filter(TASKS.load(task).has_truth, cases))
    return dataset.with_cases(split_by_patient(with_truth, seed=question.seed))


def _refuse_too_few(dataset: Dataset, cases: Cases, looked: Looked, question: Question) -> None:
    every_case = (*cases.training, *cases.validation)
    # two pairs are of four patients, and worth two
    patients = min(len(every_case), len({name for case in every_case for name in case.bonds}))
    if patients < FEWEST_PATIENTS or not cases.training:
        learnable = f"{count(patients, 'patient')} to learn from, {count(len(cases.training), 'training case')}"
        what = f"leaves {learnable}; {FEWEST_PATIENTS} patients are the fewest"
        remedy = "Add cases, mend the bad ones, or change --split."
        raise Refused([*looked.problems, Problem(dataset.where, what, remedy)])
    every = len({case.id for case in dataset} | looked.bad)
    allowed = question.allow_bad if question.allow_bad is not None else int(BAD_SHARE * every)
    if len(looked.bad) > allowed:
        what = f"has {count(len(looked.bad), 'bad case')} among {every}, and {allowed} may be left out"
        remedy = f"Mend them, or allow them with --allow-bad {len(looked.bad)}."
        raise Refused([*looked.problems, Problem(dataset.where, what, remedy)])
