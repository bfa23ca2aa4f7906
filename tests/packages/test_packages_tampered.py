"""A package is opened only if everything in it is as declared; a refusal names what is not."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hounsfield.packages.opening import open_package
from hounsfield.packages.package import SCHEMA, Package, identity, self_hash
from hounsfield.packages.seen import Seen
from hounsfield.packages.writing import Contents, write_package
from hounsfield.registry.tables import METHODS
from hounsfield.seam import Card
from hounsfield.values import Facts, Part, Plan, Refused, Sketch, State, equal


class Rule:
    """A method that learns nothing: packages are looked at here, not methods."""

    card = Card("rule", ("segmentation",), "A rule.", "In tests.", "Nobody.")


METHOD = Rule()


@pytest.fixture(autouse=True)
def rule_is_known(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setitem(sys.modules, __name__, request.module)
    monkeypatch.setitem(METHODS.targets, "rule", f"{__name__}:METHOD")


def contents(value: float = 1.0, parts: dict[str, Part] | None = None, **more: Any) -> Contents:
    rng = np.random.default_rng(0)
    arrays = {
        "weights": rng.normal(size=(5, 4)).astype(np.float32),
        "count": np.array(7, np.int64),
        "value": np.array([value]),
        "none": np.zeros((0, 3), np.uint8),
    }
    facts = Facts({"cases": 3}, sketches={"spacing:0": Sketch((1.0, 2.0))}, words={"roles": ("image",)})
    seen = Seen({"ab12": "case_1"}, {"cd34": "case_2"}, frozenset({"ef56", "0178"}), frozenset({"9abc"}))
    return Contents(
        Plan("rule", "segmentation"), State(arrays, {"words": ["ä", "b"]}, parts or {}), facts, seen, **more
    )


def with_parts() -> Contents:
    inner = contents(2.0)
    return contents(parts={"first": Part(inner.plan, inner.state), "second": Part(inner.plan, contents(3.0).state)})


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return write_package(tmp_path / "model", with_parts())


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_packages_give_back_what_was_put_in(package: Package) -> None:
    opened = open_package(package.folder)
    assert opened.plan == with_parts().plan
    assert opened.facts == with_parts().facts
    assert opened.seen == with_parts().seen
    assert equal(opened.state.arrays, with_parts().state.arrays)
    assert opened.state.arrays["count"].shape == ()
    assert equal(opened.state.facts, with_parts().state.facts)
    assert opened.state.parts["second"].state.arrays["value"] == [3.0]


def test_packages_with_one_byte_changed_are_refused(package: Package, tmp_path: Path) -> None:
    rng = random.Random(0)
    files = files_of(package.folder)
    for number in range(20):
        file = files[number % len(files)] if number < len(files) else rng.choice(files)
        whole = file.read_bytes()
        place = rng.randrange(len(whole))
        file.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << rng.randrange(8))]) + whole[place + 1 :])
        with pytest.raises(Refused) as refusal:
            open_package(package.folder)
        assert file.relative_to(package.folder).as_posix() in str(refusal.value)
        file.write_bytes(whole)
    open_package(package.folder)


def test_packages_lacking_any_file_are_refused(package: Package) -> None:
    for file in files_of(package.folder):
        kept = file.read_bytes()
        file.unlink()
        with pytest.raises(Refused, match=file.name):
            open_package(package.folder)
        file.write_bytes(kept)


@pytest.mark.parametrize("name", ["engines.py", ".hidden", "parts/first/more.json", "parts/third/package.json"])
def test_packages_with_a_stranger_are_refused(package: Package, name: str) -> None:
    stranger = package.folder / name
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_text("{}", encoding="utf-8")
    with pytest.raises(Refused, match=stranger.name):
        open_package(package.folder)


def test_packages_with_a_renamed_file_are_refused(package: Package) -> None:
    (package.folder / "card.md").rename(package.folder / "card.txt")
    with pytest.raises(Refused, match=r"card\.(md|txt)"):
        open_package(package.folder)


def test_packages_with_two_files_exchanged_are_refused(package: Package) -> None:
    a, b = package.folder / "parts/first/state.safetensors", package.folder / "parts/second/state.safetensors"
    first = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(first)
    with pytest.raises(Refused, match=r"state\.safetensors"):
        open_package(package.folder)


@pytest.mark.parametrize("name", ["card.md", "package.json", "parts/first/plan.json"])
def test_packages_with_a_link_are_refused(package: Package, tmp_path: Path, name: str) -> None:
    target = package.folder / name
    target.rename(tmp_path / "elsewhere")
    target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="link") as refusal:
        open_package(package.folder)
    assert target.name in str(refusal.value)


def test_packages_with_a_linked_folder_are_refused(package: Package, tmp_path: Path) -> None:
    (package.folder / "parts").rename(tmp_path / "parts")
    (package.folder / "parts").symlink_to(tmp_path / "parts")
    with pytest.raises(Refused, match="link"):
        open_package(package.folder)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change package.json as somebody would who knows how its own hash is made."""
    index = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    change(index)
    (folder / "package.json").write_text(json.dumps({**index, "sha256": self_hash(index)}), encoding="utf-8")


@pytest.mark.parametrize("path", ["../outside.json", "/etc/hostname", "parts/../../outside.json", "..", "", "a\\..\\b"])
def test_packages_with_a_path_that_leaves_are_refused(package: Package, path: str) -> None:
    rewrite(package.folder, lambda index: index["files"].update({path: "0" * 64}))
    with pytest.raises(Refused, match=r"package\.json.*path that leaves"):
        open_package(package.folder)


@pytest.mark.parametrize("place", ["../other", "..", "/", "parts/third", ""])
def test_packages_with_a_part_outside_are_refused(package: Package, tmp_path: Path, place: str) -> None:
    write_package(tmp_path / "other", contents())
    rewrite(package.folder, lambda index: index["parts"].update(first=place))
    with pytest.raises(Refused, match=r"package\.json.*part 'first'"):
        open_package(package.folder)


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "digest": lambda index: index.update(digest="0" * 64),
    "method": lambda index: index.update(method="unet"),
    "task": lambda index: index.update(task="detection"),
    "schema": lambda index: index.update(schema=SCHEMA + 1),
    "a field more": lambda index: index.update(more=1),
    "files as a list": lambda index: index.update(files=list(index["files"])),
    "a hash that is none": lambda index: index["files"].update({"card.md": None}),
    "parts as a list": lambda index: index.update(parts=["first"]),
    "arrays as a list": lambda index: index.update(arrays=[]),
    "an array without a shape": lambda index: index["arrays"].update(weights={"dtype": "float32"}),
    "an array of no kind": lambda index: index["arrays"].update(weights=7),
    "another shape": lambda index: index["arrays"].update(weights={"shape": [4, 5], "dtype": "float32"}),
    "another dtype": lambda index: index["arrays"].update(weights={"shape": [5, 4], "dtype": "float64"}),
    "an array fewer": lambda index: index["arrays"].pop("weights"),
    "an array more": lambda index: index["arrays"].update(bias={"shape": [5], "dtype": "float32"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_packages_that_declare_something_else_are_refused(
    package: Package, change: Callable[[dict[str, Any]], None]
) -> None:
    rewrite(package.folder, change)
    with pytest.raises(Refused, match=r"package\.json|state\.safetensors"):
        open_package(package.folder)


SEEN = b'{"training": {"ab": "a"}, "validation": {}, "training_patients": %s, "validation_patients": %s}'


def replace_file(folder: Path, name: str, content: bytes) -> None:
    """Put another file in its place, with hash and digest as they would then have to be."""
    (folder / name).write_bytes(content)

    def declare(index: dict[str, Any]) -> None:
        index["files"][name] = sha256(content).hexdigest()
        index["digest"] = identity(folder, index["parts"])

    rewrite(folder, declare)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("state.safetensors", b"not tensors"),
        ("plan.json", b"[]"),
        ("plan.json", b"{not json"),
        ("plan.json", b'{"method": "rule", "task": "segmentation", "decisions": 3, "parts": {}}'),
        ("plan.json", b'{"method": "palmistry", "task": "segmentation", "decisions": [], "parts": {}}'),
        ("seen.json", b'{"training": {}, "validation": {}}'),
        ("seen.json", SEEN % (b'"ab"', b"[]")),
        ("seen.json", SEEN % (b"[]", b'["ab", 3]')),
        ("seen.json", (SEEN % (b"[]", b"[]")).replace(b'"ab": "a"', b'"ab": null')),
        ("seen.json", b"[]"),
    ],
)
def test_packages_forged_with_all_hashes_are_refused_in_words(package: Package, name: str, content: bytes) -> None:
    replace_file(package.folder, name, content)
    with pytest.raises(Refused):
        open_package(package.folder)


def test_packages_with_a_plan_that_cannot_be_obeyed_are_refused(package: Package) -> None:
    plan = package.plan.decide("flux_capacitor", 1, "forged")
    replace_file(package.folder, "plan.json", json.dumps(plan.to_json()).encode())
    with pytest.raises(Refused, match="flux_capacitor"):
        open_package(package.folder)


def test_packages_are_not_written_over_anything(package: Package) -> None:
    with pytest.raises(Refused, match="there already"):
        write_package(package.folder, contents())
    open_package(package.folder)


def test_packages_that_can_not_be_written_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        write_package(tmp_path / "model", contents(measured={"seconds": float("nan")}))
    assert list(tmp_path.iterdir()) == []


def test_packages_copy_an_opened_part_to_the_byte(package: Package, tmp_path: Path) -> None:
    whole = write_package(tmp_path / "whole", contents(4.0, parts={"kept": package.part("first")}))
    ours, theirs = whole.folder / "parts/kept", package.folder / "parts/first"
    assert [file.relative_to(ours) for file in files_of(ours)] == [
        file.relative_to(theirs) for file in files_of(theirs)
    ]
    assert [file.read_bytes() for file in files_of(ours)] == [file.read_bytes() for file in files_of(theirs)]


def test_packages_do_not_copy_a_part_that_changed_since(package: Package, tmp_path: Path) -> None:
    part = package.part("first")
    shutil.rmtree(package.folder)
    write_package(package.folder, contents(parts={"first": Part(package.plan, contents(9.0).state)}))
    with pytest.raises(Refused, match="changed since"):
        write_package(tmp_path / "whole", contents(parts={"kept": part}))
    assert not (tmp_path / "whole").exists()


def test_packages_have_an_identity_without_times_and_paths(package: Package, tmp_path: Path) -> None:
    same = write_package(tmp_path / "b" / "model", with_parts())
    later = write_package(tmp_path / "later", contents(measured={"seconds": 5}, report="<html></html>"))
    earlier = write_package(tmp_path / "earlier", contents(measured={"seconds": 6}))
    other = write_package(tmp_path / "other", contents(1.5))
    assert same.digest == package.digest
    assert later.digest == earlier.digest
    assert len({package.digest, earlier.digest, other.digest}) == 3
    shutil.move(same.folder, tmp_path / "moved")
    assert open_package(tmp_path / "moved").digest == package.digest


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_text("x", encoding="utf-8")])
def test_packages_that_are_none_are_refused(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "nothing")
    with pytest.raises(Refused, match="nothing"):
        open_package(tmp_path / "nothing")
