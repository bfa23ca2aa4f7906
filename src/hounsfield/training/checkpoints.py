"""Checkpoints on disk: one safetensors file each, replaced as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hounsfield.answers.arrays import read_arrays, write_arrays
from hounsfield.seam import Checkpoint
from hounsfield.values import State


@dataclass(frozen=True)
class FolderCheckpoints:
    """Checkpoints as files NAME.safetensors in a folder."""

    folder: Path

    def write(self, name: str, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; the earlier one of this name is replaced by one rename."""
        arrays = {f"state/{key}": array for key, array in checkpoint.state.arrays.items()}
        arrays |= {f"memory/{key}": array for key, array in checkpoint.memory.items()}
        told = {"step": checkpoint.step, "score": checkpoint.score, "spent": checkpoint.spent}
        facts = {**told, "facts": dict(checkpoint.state.facts)}
        write_arrays(self.folder / f"{name}.safetensors", arrays, facts)

    def read(self, name: str) -> Checkpoint | None:
        """The checkpoint of this name, None where there is none."""
        path = self.folder / f"{name}.safetensors"
        if not path.exists():
            return None
        arrays, facts = read_arrays(path)
        state = State(
            {k.removeprefix("state/"): a for k, a in arrays.items() if k.startswith("state/")}, facts["facts"]
        )
        memory = {k.removeprefix("memory/"): a for k, a in arrays.items() if k.startswith("memory/")}
        return Checkpoint(facts["step"], state, memory, facts["score"], facts["spent"])
