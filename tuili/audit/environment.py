"""What beside the model may decide a verdict's last bit: versions and the kind of processor."""

from __future__ import annotations

import platform
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tuili.version import __version__

PACKAGES = ("numpy", "onnxruntime", "tokenizers", "torch", "transformers")
# What kernels are chosen by.
_FEATURES = tuple("sse4_1 avx avx2 fma avx_vnni avx512f avx512_vnni avx512_bf16 amx_int8 asimddp i8mm".split())


@cache
def environment() -> dict[str, str]:
    """Versions by name, and the class of the processor."""
    found = {"tuili": __version__, "python": platform.python_version()}
    found |= {"system": sys.platform, "processor": _processor()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return dict(sorted(found.items()))


def _processor() -> str:
    """Architecture, maker, family, model and the vector instructions, such as `x86_64 AuthenticAMD 25/17 avx2 fma`."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return f"{platform.machine()} {platform.processor()}".strip()

    def first(name: str) -> str:
        found = re.search(rf"^{name}\s*:\s*(.*)$", text, re.MULTILINE)
        return found[1].strip() if found else ""

    known = set((first("flags") or first("Features")).split())
    model = "/".join(filter(None, (first("cpu family"), first("model"))))
    features = [feature for feature in _FEATURES if feature in known]
    return " ".join(filter(None, (platform.machine(), first("vendor_id"), model, *features)))
