"""Which numbers a step computes with; weights and optimiser always keep float32 (Micikevicius et al. 2018)."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, get_args

import torch

from tuili.errors import UsageError

PrecisionName = Literal["auto", "fp32", "bf16", "fp16"]


@dataclass(frozen=True, slots=True)
class Precision:
    """Numbers for the forward pass on a device. `dtype` is None for float32 throughout."""

    device: torch.device
    dtype: torch.dtype | None

    @classmethod
    def named(cls, name: str, device: torch.device) -> Precision:
        """`auto`: bf16 where the hardware computes with it, else fp32.

        Raises:
            UsageError: No such precision, or not on this device.
        """
        if name not in get_args(PrecisionName):
            raise UsageError(f"precision must be one of {', '.join(get_args(PrecisionName))}, got {name!r}")
        if name == "fp16" and device.type == "cpu":
            raise UsageError("fp16 needs a GPU; on a processor use bf16 or fp32")
        if name == "auto":
            name = "bf16" if _computes_bf16(device) else "fp32"
        return cls(device, {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[name])

    @property
    def name(self) -> str:
        return {None: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}[self.dtype]

    def autocast(self) -> AbstractContextManager[object]:
        if self.dtype is None:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    def scaler(self) -> torch.amp.GradScaler:
        """Keeps small gradients from vanishing in fp16; does nothing elsewhere."""
        return torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)


def _computes_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))
    return False
