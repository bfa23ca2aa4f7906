"""Checkpoints on disk: one safetensors file each, replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from hounsfield.answers.arrays import read_arrays, read_facts, write_arrays
from hounsfield.formats.files import writing
from hounsfield.seam import Checkpoint
from hounsfield.values import Part, Plan, Source, State

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class FolderCheckpoints:
    """Checkpoints as files NAME.safetensors in a folder."""

    folder: Path

    def write(self, name: str, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; the earlier one of this name is replaced by one rename."""
        arrays = _arrays_of(checkpoint.state, "") | _under("memory/", checkpoint.memory)
        told = {"step": checkpoint.step, "score": checkpoint.score, "spent": checkpoint.spent}
        place = self.folder / f"{name}.safetensors"
        with writing(place):
            self.folder.mkdir(exist_ok=True)  # but not the run's own, which may be gone
        write_arrays(place, arrays, {**told, **_facts_of(checkpoint.state)})

    def read(self, name: str) -> Checkpoint | None:
        """The checkpoint of this name, None where there is none."""
        path = self.folder / f"{name}.safetensors"
        if not path.exists():
            return None
        arrays, told = read_arrays(path)
        memory = _below("memory/", arrays)
        return Checkpoint(told["step"], _state_of(arrays, told), memory, told["score"], told["spent"])


def spent_in(folder: Path) -> float:
    """Seconds that a run and its parts had used by their latest checkpoint in a folder; 0 where there is none."""
    # a name with a dot in front was being written when the run was killed
    whole = [path for path in folder.rglob("*.safetensors") if not path.name.startswith(".")]
    return max((float(read_facts(path)["spent"]) for path in whole), default=0.0)


def _arrays_of(state: State, place: str) -> dict[str, NDArray[Any]]:
    """The arrays of a state and its parts: "state/NAME", "part/PART/state/NAME" ..."""
    arrays = _under(f"{place}state/", state.arrays)
    for name, part in state.parts.items():
        arrays |= _arrays_of(part.state, f"{place}part/{name}/")
    return arrays


def _facts_of(state: State) -> dict[str, Any]:
    """Everything of a state and its parts that is no array."""
    parts = {
        name: {
            "plan": part.plan.to_json(),
            "source": vars(part.source) if part.source else None,
            **_facts_of(part.state),
        }
        for name, part in state.parts.items()
    }
    return {"facts": dict(state.facts), "parts": parts}


def _state_of(arrays: Arrays, told: Mapping[str, Any]) -> State:
    parts = {}
    for name, said in told["parts"].items():
        source = Source(**said["source"]) if said["source"] else None
        state = _state_of(_below(f"part/{name}/", arrays), said)
        parts[name] = Part(Plan.from_json(said["plan"]), state, source)
    return State(_below("state/", arrays), told["facts"], parts)


def _under(place: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    return {f"{place}{name}": array for name, array in arrays.items()}


def _below(place: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(place): array for name, array in arrays.items() if name.startswith(place)}
