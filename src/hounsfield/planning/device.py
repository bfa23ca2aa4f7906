"""What this machine can do."""

from __future__ import annotations

import torch


def has_fast_bfloat16() -> bool:
    """Whether the device multiplies bfloat16 in hardware: most GPUs, processors with avx512_bf16 or amx."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def devices() -> tuple[str, ...]:
    """The devices to train on: the GPUs, or the processor."""
    found = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return tuple(found) or ("cpu",)
