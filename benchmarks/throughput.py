"""`judge_file` against the usual ways to run a cross-encoder of the same size over the same pairs.

The article's way: Transformers in float32, pairs padded to 128 tokens, batches of 16. The pipeline: Transformers'
text-classification pipeline, batches of 32, padded to the longest. Both get random weights of the embedded
model's size (6 layers, 384 wide), since speed does not depend on what the weights say.

"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path

import torch
import transformers
from made_pairs import make_pairs
from timing import interleaved, machine, table

import tuili
from tuili.data.read import open_examples

TOKENIZER = Path(tuili.__file__).parent / "weights" / "tokenizer.json"


def peer_model() -> transformers.BertForSequenceClassification:
    config = transformers.BertConfig(
        vocab_size=30522,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        num_labels=3,
    )
    return transformers.BertForSequenceClassification(config).eval()


def peer_tokenizer() -> transformers.PreTrainedTokenizerFast:
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return transformers.PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), model_max_length=512, **special)


def article(
    pairs: list[tuple[str, str]], model: torch.nn.Module, tokenizer: transformers.PreTrainedTokenizerFast
) -> None:
    with torch.inference_mode():
        for start in range(0, len(pairs), 16):
            batch = pairs[start : start + 16]
            inputs = tokenizer(
                [p for p, _ in batch],
                [h for _, h in batch],
                padding="max_length",
                truncation=True,
                max_length=128,
                return_tensors="pt",
            )
            model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits.softmax(-1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", help="labelled or unlabelled pairs; made-up ones by default")
    parser.add_argument("--pairs", type=int, default=768)
    parser.add_argument("--hypotheses-each", type=int, default=3, help="of made-up pairs: hypotheses to a premise")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", help="a bundle; the embedded model by default")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.logging.set_verbosity_error()
    if arguments.file:
        # a run of neighbours: premises are shared as in the file
        pairs = [(example.premise, example.hypothesis) for example in open_examples(arguments.file)]
        start = random.Random(0).randrange(max(1, len(pairs) - arguments.pairs))
        pairs = pairs[start : start + arguments.pairs]
    else:
        pairs = make_pairs(arguments.pairs, hypotheses_each=arguments.hypotheses_each)
    model, tokenizer = peer_model(), peer_tokenizer()
    pipeline = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    engine = tuili.load(arguments.model, threads=arguments.threads, cache_bytes=0)
    alone = [(f"{premise} {number}", hypothesis) for number, (premise, hypothesis) in enumerate(pairs)]

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pairs.jsonl"
        source.write_text("".join(json.dumps({"premise": p, "hypothesis": h}) + "\n" for p, h in pairs), "utf-8")
        runs = iter(range(1000))
        ways = {
            "article's way": lambda: article(pairs, model, tokenizer),
            "Transformers pipeline": lambda: list(
                pipeline([{"text": p, "text_pair": h} for p, h in pairs], batch_size=32)
            ),
            "tuili.judge_file": lambda: tuili.judge_file(engine, source, Path(folder) / f"{next(runs)}.jsonl"),
            "tuili, every premise different": lambda: engine.judge(alone),
        }
        seconds = interleaved(ways, rounds=arguments.rounds)
    premises = len({premise for premise, _ in pairs})
    print(machine("tuili", "onnxruntime", "torch", "transformers"))
    print(f"{len(pairs)} pairs, {premises} premises; {arguments.threads} threads; {arguments.rounds} rounds\n")
    print(table(seconds, work=len(pairs), unit="pairs", base="article's way"))


if __name__ == "__main__":
    main()
