"""The engine that is always there: torch itself, arrays in and arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def call(network: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A network's outputs by name; a bare tensor is "out"."""
    outputs = network(**inputs)
    return outputs if isinstance(outputs, dict) else {"out": outputs}


class TorchEngine:
    """A network in evaluation mode on a device. precision: "fp32" or "bf16"."""

    def __init__(self, network: nn.Module, device: str = "cpu", precision: str = "fp32") -> None:
        self.network = network.to(device).eval()
        self.device, self.precision = torch.device(device), precision

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The network's outputs, float32, for inputs by name."""
        tensors = {
            name: torch.from_numpy(np.ascontiguousarray(array)).to(self.device) for name, array in inputs.items()
        }
        mixed = torch.autocast(self.device.type, dtype=torch.bfloat16) if self.precision == "bf16" else nullcontext()
        with torch.inference_mode(), mixed:
            outputs = call(self.network, tensors)
        return {name: value.float().cpu().numpy() for name, value in outputs.items()}
