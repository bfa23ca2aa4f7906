"""The records of the PhysioNet / Computing in Cardiology Challenge 2012: two days in intensive care.

A folder or a zip of RECORDID.txt with rows `Time,Parameter,Value`, and Outcomes*.txt beside it. The first rows of the
static parameters at 00:00 are covariates, where -1 says "not known"; all else is a series over hours.
Source: I. Silva et al., Computing in Cardiology 39, 245-248, 2012.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np

from hounsfield.formats.files import read_bytes
from hounsfield.formats.table import Cell, Table, cell, decode, read_table
from hounsfield.formats.zipped import list_members, read_member
from hounsfield.layouts.folders import all_files, common_folder, files_in, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.lazies import computed, ready
from hounsfield.layouts.targets import Target, parse_target, task_of, truths_of
from hounsfield.values import Case, Dataset, MiB, Problem, Refused, Series, SetAside, Truth, refuse

RECORD = re.compile(r"(\d{5,7})\.txt$")
CLOCK = re.compile(r"(\d{1,3}):(\d{2})")
HEAD = "Time,Parameter,Value"
LIMIT = 16 * MiB
KEY = "RecordID"
TARGET = "In-hospital_death"
UNKNOWN = -1.0
STATIC = ("Age", "Gender", "Height", "ICUType", "Weight")
CHANNELS = (
    "ALP", "ALT", "AST", "Albumin", "BUN", "Bilirubin", "Cholesterol", "Creatinine", "DiasABP", "FiO2", "GCS",
    "Glucose", "HCO3", "HCT", "HR", "K", "Lactate", "MAP", "MechVent", "Mg", "NIDiasABP", "NIMAP", "NISysABP", "Na",
    "PaCO2", "PaO2", "Platelets", "RespRate", "SaO2", "SysABP", "Temp", "TroponinI", "TroponinT", "Urine", "WBC",
    "Weight", "pH",
)  # fmt: skip
PLACES = {name: place for place, name in enumerate(CHANNELS)}

Read = Callable[[], bytes]


@dataclass(frozen=True)
class PhysioNet2012:
    """The layout."""

    name: str = "physionet2012"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where there are records, in a folder or a zip, that begin with their line of names."""
        records = _records(folder)
        if not records:
            return None
        try:
            first = next(iter(records.values()))[1]()
        except Refused:
            return None
        if not first.startswith(HEAD.encode()):
            return None
        why = f"{len(records)} records begin with {HEAD}, as in the PhysioNet challenge of 2012"
        return Claim(0.95, why, root=common_folder(Path(where.split("::")[0]) for where, _ in records.values()))

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a `history` of measurements; the target is In-hospital_death unless another is asked for.

        Outcome columns that are not the target are never inputs: they are known only afterwards.
        """
        records = _records(folder)
        if not records:
            raise refuse(folder, "holds no records", "Name the folder of RECORDID.txt files, or their zip.")
        target = parse_target(options.target or TARGET)
        paths = _outcome_files(folder)
        truths, problems = _truths(paths, target, set(records))
        if not paths:
            what = "has no Outcomes*.txt beside the records, so nothing is known of how they ended"
            problems.append(Problem(str(folder), what, "Add it, to train or to evaluate."))
        unknown: dict[str, list[str]] = {}
        cases = []
        for record, (where, read) in sorted(records.items()):
            try:
                covariates, said_unknown = _covariates(decode(read(), where=where))
            except Refused as refusal:
                problems += [replace(problem, case=record) for problem in refusal.problems]
                continue
            for name in said_unknown:
                unknown.setdefault(name, []).append(record)
            kept = {name: value for name, value in covariates.items() if name not in options.ignore}
            inputs = {"history": computed(Series, where, _loader(where, read), read)}
            answers = {target.column: truths[record]} if record in truths else {}
            cases.append(Case(record, inputs, answers, kept))
        used = [*paths, *(Path(where.split("::")[0]) for where, _ in records.values())]
        values = [truth.answer.load() for truth in truths.values()]
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task=task_of(values),
            task_why=f"the outcome table tells {target.column} of each record",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used) if folder.is_dir() else (),
            set_aside=(*_unknown(folder, unknown), *_afterwards(paths, target)),
        )


LAYOUT = PhysioNet2012()


def parse_record(text: str, where: str) -> tuple[dict[str, Cell], Series]:
    """The static values and the series of one record, times in hours since admission.

    Measurements of one time share a row, unless a parameter is measured twice: then its row is repeated.
    """
    static: dict[str, Cell] = {}
    times: list[float] = []
    rows: list[dict[str, float]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.strip() == HEAD:
            continue
        time, name, value = _row(line, where, number)
        if name == KEY or (name in STATIC and name not in static and time == 0.0):
            static.setdefault(name, None if value == UNKNOWN else value)
            continue
        if name not in PLACES:
            remedy = f"Known are {', '.join(CHANNELS)}."
            raise refuse(f"{where}, line {number}", f"has the unknown parameter {name!r}", remedy)
        if times and time < times[-1]:
            raise refuse(f"{where}, line {number}", "goes back in time", "Sort its rows by time.")
        if not times or times[-1] != time or name in rows[-1]:
            times.append(time)
            rows.append({})
        rows[-1][name] = value
    values = np.full((len(times), len(CHANNELS)), np.nan, np.float32)
    for at, row in enumerate(rows):
        for name, value in row.items():
            values[at, PLACES[name]] = value
    static.pop(KEY, None)
    return {name: static.get(name) for name in STATIC}, Series(np.array(times), values, CHANNELS, "h")


def _row(line: str, where: str, number: int) -> tuple[float, str, float]:
    fields = line.split(",")
    hours = _hours(fields[0])
    value = _value(fields[2]) if len(fields) == 3 else None
    if hours is None or not isinstance(value, float):
        raise refuse(f"{where}, line {number}", f"is no row of {HEAD}: {line[:40]!r}", "Mend or remove the line.")
    return hours, fields[1].strip(), value


# records repeat few times and values over and over: 400 rows in each of thousands
@lru_cache(maxsize=2**13)
def _hours(clock: str) -> float | None:
    match = CLOCK.fullmatch(clock.strip())
    return int(match[1]) + int(match[2]) / 60 if match else None


_value = lru_cache(maxsize=2**13)(cell)


def _covariates(text: str) -> tuple[dict[str, Cell], list[str]]:
    """The static values alone, and the names of those that are said to be unknown.

    All stand at 00:00, so the rest of a record is not looked at.
    """
    start = [line for line in text.splitlines() if line.startswith("00:00,")]
    fields = [line.split(",") for line in start]
    found: dict[str, Cell] = {}
    for parts in fields:
        if len(parts) == 3 and parts[1] in STATIC:
            found.setdefault(parts[1], cell(parts[2]))
    unknown = [name for name in STATIC if found.get(name) == UNKNOWN]
    return {name: None if name in unknown else found.get(name) for name in STATIC}, unknown


def _loader(where: str, read: Read) -> Callable[[], Series]:
    return lambda: parse_record(decode(read(), where=where), where)[1]


def _records(folder: Path) -> dict[str, tuple[str, Read]]:
    """Record id -> where it is and how its bytes are read, from files at any depth and from zips."""
    found: dict[str, tuple[str, Read]] = {}
    for path in all_files(folder) if folder.is_dir() else [folder]:
        match = RECORD.match(path.name)
        if match and folder.is_dir():
            found.setdefault(match[1], (str(path), _file_reader(path)))
        elif path.suffix.lower() == ".zip":
            found |= {record: entry for record, entry in _zipped(path).items() if record not in found}
    return found


def _zipped(path: Path) -> dict[str, tuple[str, Read]]:
    try:
        names = list_members(path)
    except Refused:
        return {}
    matches = {name: RECORD.match(PurePosixPath(name).name) for name in names}
    return {m[1]: (f"{path}::{name}", _member_reader(path, name)) for name, m in matches.items() if m}


def _file_reader(path: Path) -> Read:
    return lambda: read_bytes(path, limit=LIMIT)


def _member_reader(path: Path, name: str) -> Read:
    return lambda: read_member(path, name, limit=LIMIT)


def _outcome_files(folder: Path) -> list[Path]:
    """Outcomes*.txt in the folder, or beside a zip or a folder of records that was named."""
    for at in (folder, folder.parent):
        found = [path for path in files_in(at) if path.name.lower().startswith("outcomes")]
        if found:
            return found
    return []


def _truths(paths: list[Path], target: Target, records: set[str]) -> tuple[dict[str, Truth], list[Problem]]:
    truths: dict[str, Truth] = {}
    problems: list[Problem] = []
    for path in paths:
        table: Table = read_table(path)
        for name in (KEY, target.column):
            if name not in table.columns:
                remedy = f"Its columns are {', '.join(table.columns)}."
                raise refuse(path, f"has no column {name!r}", remedy)
        key, column = table.columns.index(KEY), table.columns.index(target.column)
        values = truths_of(target, [cell(row[column]) for row in table.rows], str(path))
        for row, line, value in zip(table.rows, table.lines, values, strict=True):
            if value is not None:
                content = f"{target.column}={row[column]}".encode()
                truths[row[key]] = Truth(ready(value, f"{path}, line {line}", content), of="history")
    missing = sorted(set(truths) - records)
    if missing:
        what = f"tells the outcome of {len(missing)} records that are not there, {missing[0]} first"
        problems.append(Problem(str(paths[0]), what, "Add the records, or remove the rows."))
    return {record: truth for record, truth in truths.items() if record in records}, problems


def _unknown(folder: Path, records: dict[str, list[str]]) -> list[SetAside]:
    """The static values that say "not known" by a number."""
    why = f"says 'not known' by {UNKNOWN:g}, as the challenge does"
    return [SetAside(name, str(folder), why, UNKNOWN, tuple(cases)) for name, cases in sorted(records.items())]


def _afterwards(paths: list[Path], target: Target) -> list[SetAside]:
    """The outcomes that are not the target."""
    columns = [(path, name) for path in paths for name in read_table(path).columns if name not in (KEY, target.column)]
    return [SetAside(name, str(path), "is known only afterwards") for path, name in columns]
