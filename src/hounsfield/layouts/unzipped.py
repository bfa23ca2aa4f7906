"""A zip read as if it had been unpacked: once, into the user's cache folder, under the archive's digest.

The cache and not a scratch folder, since cases are read again by later commands and by interrupted trainings that go
on. It is $XDG_CACHE_HOME or ~/.cache (macOS ~/Library/Caches, Windows %LOCALAPPDATA%), there hounsfield/unzipped:
deleting that folder costs nothing but the time to unpack again. Messages name files as ARCHIVE.zip::MEMBER.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from hounsfield.formats.files import NotWritten, sha256_of, size_of, writing
from hounsfield.formats.unzipping import Watch, nobody, unpack_zip
from hounsfield.formats.zipped import list_members
from hounsfield.layouts.folders import files_in, folders_in, is_notice
from hounsfield.values import Case, Dataset, Lazy, Problem, Refused

T = TypeVar("T")

PLACE = "LOCALAPPDATA" if sys.platform == "win32" else "HOME" if sys.platform == "darwin" else "XDG_CACHE_HOME"
"""The variable of the system that says where the user's cache is."""

ELSEWHERE = f"Make room there or point {PLACE} to a folder of yours; or unpack the archive and name its folder."


def is_zip(path: Path) -> bool:
    """Whether a file is a zip by its name."""
    return path.suffix.lower() == ".zip" and path.is_file()


def archives_in(folder: Path) -> list[Path]:
    """The zips of a folder that holds nothing else but a README or the like."""
    files = [path for path in files_in(folder) if not is_notice(path)]
    return files if not folders_in(folder) and all(map(is_zip, files)) else []


def unpacked(archive: Path, *, watch: Watch = nobody) -> Path:
    """The folder that a zip was unpacked to, now or before. Refuses what `unpack_zip` does."""
    folder = _cache() / "unzipped" / _digest(archive, size_of(archive), archive.stat().st_mtime_ns)[:32]
    if _is_whole(folder, archive):
        return folder
    try:
        with writing(folder.parent):
            folder.parent.mkdir(parents=True, exist_ok=True)
            aside = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
            try:
                unpack_zip(archive, aside, watch=watch)
                if not _is_whole(folder, archive):  # otherwise another run was faster
                    shutil.rmtree(folder, ignore_errors=True)  # a cleaner of caches took some of it
                    os.rename(aside, folder)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
    except NotWritten as refusal:
        if not _is_whole(folder, archive):
            raise NotWritten(f"the folder for unpacked archives, {folder.parent}", refusal.why, ELSEWHERE) from None
    return folder


@dataclass(frozen=True)
class Inside:
    """Says where things are in an archive, not in the folder that it was unpacked to."""

    archive: Path
    folder: Path

    def dataset(self, dataset: Dataset) -> Dataset:
        """The data set with names in the archive, in what it says now and in what its values say when they are read."""
        return replace(
            dataset,
            cases=tuple(map(self._case, dataset.cases)),
            problems=tuple(map(self._problem, dataset.problems)),
            set_aside=tuple(replace(aside, where=self._named(aside.where)) for aside in dataset.set_aside),
            notes=tuple(map(self._named, dataset.notes)),
        )

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Refusals name the archive."""
        try:
            yield
        except Refused as refusal:
            raise Refused(map(self._problem, refusal.problems)) from None

    def _case(self, case: Case) -> Case:
        inputs = {role: self._lazy(value) for role, value in case.inputs.items()}
        truths = {name: replace(truth, answer=self._lazy(truth.answer)) for name, truth in case.truths.items()}
        name, patient = self._named(case.id), self._named(case.patient)
        return replace(case, id=name, inputs=inputs, truths=truths, patient=patient)

    def _lazy(self, value: Lazy[Any]) -> Lazy[Any]:
        load, digest = self._saying(value.load), self._saying(value.digest)
        stored = None if value.stored is None else self._saying(value.stored)
        return replace(value, where=self._named(value.where), load=load, digest=digest, stored=stored)

    def _saying(self, function: Callable[[], T]) -> Callable[[], T]:
        def said() -> T:
            with self.refusing():
                return function()

        return said

    def _problem(self, problem: Problem) -> Problem:
        where, what, case = map(self._named, (problem.where, problem.what, problem.case))
        return replace(problem, where=where, what=what, case=case)

    def _named(self, text: str) -> str:
        """The text with the archive's name for the folder's, in paths and in ids that a layout made of it."""
        inside = text.replace(f"{self.folder}{os.sep}", f"{self.archive}::")
        return inside.replace(str(self.folder), str(self.archive)).replace(self.folder.name, self.archive.stem)


def _is_whole(folder: Path, archive: Path) -> bool:
    """Whether every member is there with all its bytes."""
    if not folder.is_dir():
        return False
    try:
        return all((folder / name).stat().st_size == size for name, size in list_members(archive).items())
    except OSError:
        return False


@lru_cache(maxsize=8)
def _digest(archive: Path, size: int, modified: int) -> str:
    return sha256_of(archive)


def _cache() -> Path:
    """The user's cache folder. Refuses where the system does not say where that is."""
    place = _stated_cache()
    if not place.is_absolute():  # nobody's home, in some containers
        raise NotWritten("the folder for unpacked archives", "this user has no home", ELSEWHERE)
    return place


def _stated_cache() -> Path:
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "hounsfield"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "hounsfield"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "hounsfield"
