from __future__ import annotations

import subprocess
import sys

import pytest

import tuili

HEAVY = {"numpy", "onnxruntime", "tokenizers", "torch", "transformers", "typer", "rich", "pyarrow", "matplotlib"}
PUBLIC = [
    "Evidence",
    "Judge",
    "Label",
    "Pair",
    "Recommender",
    "Span",
    "TuiliError",
    "Verdict",
    "answer",
    "build_graph",
    "check",
    "classify",
    "evaluate",
    "explain",
    "judge",
    "judge_file",
    "load",
    "match",
    "train",
]


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()}


def test_importing_tuili_loads_no_framework():
    assert not modules_after("import tuili") & HEAVY


def test_a_verdict_from_the_embedded_model_needs_no_torch():
    loaded = modules_after("import tuili; tuili.judge('A man is asleep.', 'A man is awake.')")
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "transformers", "pyarrow", "matplotlib", "typer", "onnx"}


def test_the_public_names_are_these():
    assert tuili.__all__ == PUBLIC
    assert set(PUBLIC) <= set(dir(tuili))
    for name in PUBLIC:
        assert getattr(tuili, name) is not None


def test_a_name_that_does_not_exist_says_so():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tuili.nothing
