"""Packages in packages: what they have seen, what they were planned to be, where they come from."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hounsfield.packages.opening import open_package
from hounsfield.packages.package import Package
from hounsfield.packages.seen import Seen
from hounsfield.packages.writing import Contents, write_package
from hounsfield.registry.tables import METHODS
from hounsfield.seam import Card
from hounsfield.seam.card import Option
from hounsfield.values import Facts, Part, Plan, Refused, State


class Rule:
    """A method that learns nothing."""

    card = Card("ruler", ("segmentation",), "A rule.", "In tests.", "Nobody.", options={
        "steps": Option("steps", "integer", "steps"),
    })  # fmt: skip


METHOD = Rule()


@pytest.fixture(autouse=True)
def rule_is_known(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setitem(sys.modules, __name__, request.module)
    monkeypatch.setitem(METHODS.targets, "ruler", f"{__name__}:METHOD")


def plan_of(steps: int, **parts: Plan) -> Plan:
    return Plan("ruler", "segmentation", parts=parts).decide("steps", steps, "in a test")


def contents(steps: int, seen: Seen, **parts: Part) -> Contents:
    plan = plan_of(steps, **dict.fromkeys(parts, plan_of(1000)))
    return Contents(plan, State({"n": np.array([steps])}, parts=parts), Facts({"cases": 1}), seen)


@pytest.fixture
def stage(tmp_path: Path) -> Package:
    return write_package(tmp_path / "stage", contents(5, Seen({"aa": "case_a", "bb": "case_b"}, {"cc": "case_c"})))


def test_packages_have_seen_what_their_parts_have_seen(stage: Package, tmp_path: Path) -> None:
    """A case that only a stage has learnt from is no case that the whole has not seen."""
    seen = Seen({"dd": "case_d"}, {"aa": "case_a", "ee": "case_e"})
    whole = write_package(tmp_path / "whole", contents(1, seen, first=stage.as_part()))
    nested = write_package(tmp_path / "nested", contents(1, Seen(), inner=whole.as_part()))
    for package in (whole, nested):
        said = {digest: package.seen.of(digest) for digest in ("aa", "bb", "cc", "dd", "ee", "ff")}
        assert said == {
            "aa": "training",
            "bb": "training",
            "cc": "validation",
            "dd": "training",
            "ee": "validation",
            "ff": "no",
        }


def test_packages_say_how_their_parts_were_learnt(stage: Package, tmp_path: Path) -> None:
    whole = write_package(tmp_path / "whole", contents(1, Seen(), first=stage.as_part()))
    assert whole.plan.parts["first"] == stage.plan == whole.part("first").plan
    assert whole.plan.parts["first"]["steps"] == 5


def test_packages_take_a_read_only_part(stage: Package, tmp_path: Path) -> None:
    for path in [stage.folder, *stage.folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    whole = write_package(tmp_path / "whole", contents(1, Seen(), first=stage.as_part()))
    assert all(path.stat().st_mode & 0o200 for path in whole.folder.rglob("*"))
    shutil.rmtree(whole.folder)


def test_packages_without_the_part_they_are_to_take_are_not_written(stage: Package, tmp_path: Path) -> None:
    part = stage.as_part()
    shutil.rmtree(stage.folder)
    with pytest.raises(Refused, match="no such folder"):
        write_package(tmp_path / "whole", contents(1, Seen(), first=part))
    assert not (tmp_path / "whole").exists()
    again = replace(part, source=None)
    assert open_package(write_package(tmp_path / "whole", contents(1, Seen(), first=again)).folder)
