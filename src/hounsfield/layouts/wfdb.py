"""WFDB records, as PhysioNet has them: RECORD.hea with the files it names, and RECORD.atr with its annotations.

RECORDS, where it is there, lists the records; else every header is one. Comments of the headers become covariates:
`age: 81`, MIT-BIH's `69 M ...`, and the alarms of the PhysioNet challenge of 2015, whose truth is a diagnosis.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os.path import isfile
from pathlib import Path

from hounsfield.formats.files import leaves_its_folder, read_bytes, sha256_of
from hounsfield.formats.table import Cell, cell
from hounsfield.formats.wfdb import read_signals
from hounsfield.formats.wfdb_annotations import read_annotations
from hounsfield.formats.wfdb_header import Header, read_header
from hounsfield.layouts.folders import all_files, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.lazies import ready
from hounsfield.layouts.targets import parse_target, task_of, truths_of
from hounsfield.values import Case, Dataset, Diagnosis, Lazy, MiB, Problem, Quantities, Refused, Series, Truth, refuse

LIST = "RECORDS"
LIST_LIMIT = 64 * MiB
ROLE = "signal"
FEW = 8
ASKED = (Diagnosis, Quantities)
ALARMS = ("false alarm", "true alarm")
PAIR = re.compile(r"([A-Za-z][\w /()-]{0,39}?):(?:\s+(.*))?")
AGE_AND_SEX = re.compile(r"(\d{1,3}|-1) ([MF])\b.*")  # -1: not known


@dataclass(frozen=True)
class Wfdb:
    """The layout."""

    name: str = "wfdb"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where one of the first headers reads as that of a record."""
        root = _root(folder)
        headers = [] if root is None else _headers(root)
        if not headers:
            return None
        if not any(map(_reads, headers[:FEW])):
            return None
        return Claim(0.9, f"{len(headers)} WFDB headers are there, each of a record of signals")

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a `signal`, covariates from the header's comments, and beats, rhythm and alarms as truths."""
        root = _root(folder)
        if root is None:
            raise refuse(folder, "holds no WFDB record", "Name the folder that holds the .hea files.")
        paths, problems = _records(root)
        cases, used = [], [root / LIST]
        for path in paths:
            name = path.relative_to(root).with_suffix("").as_posix()
            try:
                header = read_header(path)
            except Refused as refusal:
                problems += [replace(problem, case=name) for problem in refusal.problems]
                continue
            covariates, truths = _told(header)
            marked, files = _annotated(header, name, problems)
            kept = {name: value for name, value in covariates.items() if name not in options.ignore}
            cases.append(Case(name, {ROLE: _signal(header)}, {**truths, **marked}, kept))
            used += [path, *files, *(header.file(signal) for signal in header.signals)]
        if options.target is not None:
            cases = _with_target(cases, options.target, str(folder))
        answers = [t.answer.load() for c in cases for t in c.truths.values() if issubclass(t.answer.kind, ASKED)]
        asked = f"the headers tell {options.target}" if options.target else "the headers tell which alarms are true"
        is_asked = options.target is not None or bool(answers)
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task=task_of(answers) if is_asked else "",
            task_why=asked if is_asked else "",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used),
        )


LAYOUT = Wfdb()


def _root(folder: Path) -> Path | None:
    if not folder.is_dir():
        return None
    return next((at for at in roots(folder) if (at / LIST).is_file()), folder if _headers(folder) else None)


def _headers(root: Path) -> list[Path]:
    return [path for path in all_files(root) if path.suffix.lower() == ".hea"]


def _reads(path: Path) -> bool:
    try:
        read_header(path)
    except Refused:
        return False
    return True


def _records(root: Path) -> tuple[list[Path], list[Problem]]:
    """The headers of the records that RECORDS lists, or all; what is listed and not there is a problem."""
    if not (root / LIST).is_file():
        return _headers(root), []
    lines = read_bytes(root / LIST, limit=LIST_LIMIT).decode("utf-8", "replace").splitlines()
    names = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    found = {name: root / f"{name}.hea" for name in names if not leaves_its_folder(name)}
    what, remedy = "lists {}, which is not there", "Add it, or shorten the list."
    missing = [name for name in names if name not in found or not isfile(found[name])]
    problems = [Problem(str(root / LIST), what.format(name[:80]), remedy, name) for name in missing]
    return [path for path in found.values() if isfile(path)], problems


def _signal(header: Header) -> Lazy[Series]:
    def digest() -> str:
        files = sorted({signal.file for signal in header.signals})
        said = repr((header.rate, header.frames, header.signals, [sha256_of(header.path.parent / f) for f in files]))
        return hashlib.sha256(said.encode()).hexdigest()

    return Lazy(Series, str(header.path), lambda: read_signals(header.path), digest, files=(header.path,))


def _told(header: Header) -> tuple[dict[str, Cell], dict[str, Truth]]:
    """Covariates and truths of a header's comments."""
    covariates: dict[str, Cell] = {}
    truths: dict[str, Truth] = {}
    for number, comment in enumerate(header.comments):
        pair, both = PAIR.fullmatch(comment), AGE_AND_SEX.fullmatch(comment)
        if comment.lower() in ALARMS:
            answer = ready(Diagnosis.certain(comment.lower(), ALARMS), str(header.path), comment.lower().encode())
            truths["alarm"] = Truth(answer, of=ROLE)
            if number:  # the line before names what the alarm was for
                covariates.setdefault("alarm", header.comments[number - 1])
        elif pair is not None:
            covariates.setdefault(pair[1].strip().lower(), cell(pair[2] or ""))
        elif both is not None:
            covariates.setdefault("age", None if both[1] == "-1" else float(both[1]))
            covariates.setdefault("sex", both[2])
    return covariates, truths


def _annotated(header: Header, case: str, problems: list[Problem]) -> tuple[dict[str, Truth], list[Path]]:
    """Beats and rhythm of the annotations beside a header, where there are any, and the files they came from."""
    path = header.path.with_suffix(".atr")
    if not path.is_file():
        return {}, []
    try:
        found = read_annotations(path)
    except Refused as refusal:
        problems += [replace(problem, case=case) for problem in refusal.problems]
        return {}, [path]
    told = {"beats": found.beats(header.rate), "rhythm": found.rhythm(header.rate)}
    content = sha256_of(path)
    return {
        name: Truth(ready(timeline, str(path), f"{name} of {content}".encode()), of=ROLE)
        for name, timeline in told.items()
        if len(timeline.times)
    }, [path]


def _with_target(cases: Sequence[Case], target: str, where: str) -> list[Case]:
    """The cases with the covariate that is asked for as their truth instead of an input."""
    asked = parse_target(target)
    known = sorted({name for case in cases for name in case.covariates})
    if asked.column not in known:
        raise refuse(where, f"has no comment {asked.column!r}", f"Its headers tell {', '.join(known) or 'nothing'}.")
    values = [case.covariates.get(asked.column) for case in cases]
    found = []
    for case, value, truth in zip(cases, values, truths_of(asked, values, where), strict=True):
        rest: Mapping[str, Cell] = {name: v for name, v in case.covariates.items() if name != asked.column}
        truths = dict(case.truths)
        if truth is not None:
            content = f"{asked.column}={value}".encode()
            truths = {asked.column: Truth(ready(truth, case.inputs[ROLE].where, content), of=ROLE), **truths}
        found.append(Case(case.id, case.inputs, truths, rest))
    return found
