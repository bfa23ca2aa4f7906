"""One device behind the calls of Lightning Fabric, in plain torch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class OneDevice:
    """A single device. precision: "fp32" or "bf16" (mixed: weights stay fp32)."""

    name: str = "cpu"
    precision: str = "fp32"
    global_rank: int = 0
    world_size: int = 1
    is_global_zero: bool = True

    @property
    def device(self) -> torch.device:
        """The torch device."""
        return torch.device(self.name)

    def setup(self, module: Any, *optimizers: Any) -> Any:
        """The module and optimizers, on the device."""
        module = module.to(self.device)
        return (module, *optimizers) if optimizers else module

    def backward(self, loss: torch.Tensor) -> None:
        """Gradients of the loss."""
        torch.autograd.backward(loss)

    def all_reduce(self, tensor: torch.Tensor, reduce_op: str = "mean") -> torch.Tensor:
        """The tensor itself: there is no other process."""
        return tensor

    def autocast(self) -> AbstractContextManager[Any]:
        """Mixed precision for what runs inside."""
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)
