"""Opening a package: only if every file, hash, shape, dtype and path is as declared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from safetensors import SafetensorError, safe_open

from hounsfield.packages.package import SCHEMA, Package, file_sha256, identity, self_hash
from hounsfield.packages.place import check_place
from hounsfield.registry.table import UnknownName
from hounsfield.registry.tables import METHODS
from hounsfield.values import refuse

AGAIN = "Take the package again from where it came from, or train it again."
DTYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16",
          "int8": "I8", "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64", "bool": "BOOL"}  # fmt: skip
FIELDS = {"schema", "method", "task", "roles", "labels", "arrays", "parts", "files", "digest", "sha256"}


def open_package(folder: Path) -> Package:
    """The package in a folder, everything in it checked. Raises Refused with the first thing not as declared."""
    folder = Path(folder)
    check_place(folder)
    index = _read_index(folder)
    _check_files(folder, index)
    _check_parts(folder, index)
    _check_arrays(folder, index)
    package = Package(folder, index)
    try:
        METHODS.target(package.plan.method)
        told = identity(folder, index["parts"])
        _ = package.facts, package.seen, package.scores, package.measured  # each raises where its form is another
    except UnknownName as error:
        raise refuse(folder, f"was made by a method that is not here. {error}", "Install what brings it.") from None
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise refuse(folder, f"is not in the form of a package ({error})", AGAIN) from None
    if told != index["digest"] or (package.plan.method, package.plan.task) != (index["method"], index["task"]):
        raise refuse(folder / "package.json", "does not state the digest of what the package holds", AGAIN)
    package.method.card.check(package.plan)
    return package


def _read_index(folder: Path) -> dict[str, Any]:
    path = folder / "package.json"
    if path.is_symlink():
        raise refuse(path, "is a link; a package holds plain files only", AGAIN)
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise refuse(path, "can not be read as JSON", AGAIN) from None
    if not isinstance(index, dict) or index.keys() != FIELDS or index["sha256"] != self_hash(index):
        raise refuse(path, "was changed after it was written", AGAIN)
    if index["schema"] != SCHEMA:
        what = f"is of schema {index['schema']}; this version opens {SCHEMA}"
        raise refuse(path, what, "Open it with the version of hounsfield that wrote it, or train it again.")
    if not _is_well_formed(index):
        raise refuse(path, "is not in the form of a package", AGAIN)
    return index


def _is_well_formed(index: Mapping[str, Any]) -> bool:
    """Whether what is read of the index below has the types that it should have."""
    words = all(isinstance(index[name], str) for name in ("method", "task", "digest"))
    tables = all(isinstance(index[name], dict) for name in ("files", "parts", "arrays"))
    if not words or not tables or not all(isinstance(array, dict) for array in index["arrays"].values()):
        return False
    arrays = all({"shape", "dtype"} == array.keys() for array in index["arrays"].values())
    return arrays and all(isinstance(word, str) for name in ("files", "parts") for word in index[name].values())


def _check_files(folder: Path, index: Mapping[str, Any]) -> None:
    declared = index["files"]
    for name in declared:
        parts = PurePosixPath(name).parts
        if not parts or PurePosixPath(name).is_absolute() or ".." in parts or "\\" in name:
            raise refuse(folder / "package.json", f"declares a path that leaves the package: {name!r}", AGAIN)
    found = set()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise refuse(path, "is a link; a package holds plain files only", AGAIN)
        if path.is_file():
            found.add(path.relative_to(folder).as_posix())
        elif not path.is_dir():
            raise refuse(path, "is neither file nor folder", AGAIN)
        elif not any(inside.is_file() for inside in path.rglob("*")):
            raise refuse(path, "does not belong to the package", f"Take the folder out. {AGAIN}")
    for name in sorted(found - {"package.json", *declared}):
        raise refuse(folder / name, "does not belong to the package", f"Take the file out. {AGAIN}")
    for name, digest in sorted(declared.items()):
        if name not in found:
            raise refuse(folder / name, "is declared by the package and missing", AGAIN)
        if file_sha256(folder / name) != digest:
            raise refuse(folder / name, "was changed after the package was written", AGAIN)


def _check_parts(folder: Path, index: Mapping[str, Any]) -> None:
    for name, place in index["parts"].items():
        if f"{place}/package.json" not in index["files"]:  # whose paths do not leave the folder
            raise refuse(folder / "package.json", f"declares the part {name!r} outside of the package", AGAIN)
        open_package(folder / place)


def _check_arrays(folder: Path, index: Mapping[str, Any]) -> None:
    path = folder / "state.safetensors"
    try:
        with safe_open(path, framework="numpy") as file:
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            shapes = {name: (list(s.get_shape()), s.get_dtype()) for name, s in found.items()}
    except (SafetensorError, OSError) as error:
        raise refuse(path, f"is not a readable safetensors file ({error})", AGAIN) from None
    declared = {name: (array["shape"], DTYPES.get(array["dtype"])) for name, array in index["arrays"].items()}
    if shapes != declared:
        odd = sorted(name for name in shapes.keys() | declared.keys() if shapes.get(name) != declared.get(name))
        raise refuse(path, f"holds arrays other than declared: {', '.join(odd[:3])}", AGAIN)
