"""Stored edges of `tuili.build_graph` against CoNLL-2004's gold relations, and the fit of the shipped calibration.

Three finders: the gold entities, the trained finder, and the rule finder. An edge is right if a gold relation of the
same name joins mentions that overlap its own. Recall is over all gold relations, also those whose entities the finder
missed.
`--fit` fits the weights on the train split and writes them; measuring uses the dev split.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import tuili
from tuili.applications.graph.build import make_settings
from tuili.applications.graph.calibration import FEATURES, EdgeCalibration, features, support
from tuili.applications.graph.candidates import candidates, short_sentences
from tuili.applications.graph.coreference import resolve
from tuili.applications.graph.finder import RuleFinder
from tuili.applications.graph.mentions import Mention
from tuili.applications.graph.schema import parse_schema
from tuili.applications.graph.statements import read_source
from tuili.applications.graph.trained import TrainedFinder
from tuili.perception.sentences import split_sentences
from tuili.types import Span

if TYPE_CHECKING:
    from tuili.applications.graph.mentions import EntityFinder
    from tuili.applications.graph.schema import Schema
    from tuili.types import Judge

SCHEMA = """
[[relation]]
name = "work_for"
domain = "person"
range = "organization"
hypothesis = ["{head} works for {tail}.", "{head} is a member of {tail}."]
[[relation]]
name = "live_in"
domain = "person"
range = "place"
hypothesis = ["{head} lives in {tail}.", "{head} is from {tail}."]
[[relation]]
name = "located_in"
domain = "place"
range = "place"
hypothesis = ["{head} is located in {tail}.", "{head} is in {tail}."]
[[relation]]
name = "orgbased_in"
domain = "organization"
range = "place"
hypothesis = ["{head} is based in {tail}.", "{head} is located in {tail}."]
[[relation]]
name = "kill"
domain = "person"
range = "person"
hypothesis = ["{head} killed {tail}.", "{head} murdered {tail}."]
"""
TYPES = {"Peop": "person", "Org": "organization", "Loc": "place", "Other": "other"}
WRITTEN = {"-LRB-": "(", "-RRB-": ")", "``": '"', "''": '"', "_": "-", "COMMA": ","}
GLUED = {",", ".", ";", ":", "?", "!", ")", "'s", "'", "n't", "%"}
L2 = 0.01


class Document:
    """A row as plain text, with the gold entities as mentions. It is its own finder."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.text, places = "", []
        for token in row["tokens"]:
            written = WRITTEN.get(token, token)
            if self.text and written not in GLUED and not self.text.endswith(("(", "$")):
                self.text += " "
            places.append((len(self.text), len(self.text) + len(written)))
            self.text += written
        gold = [
            Mention(Span(places[e["start"]][0], places[e["end"] - 1][1]), TYPES[e["type"]]) for e in row["entities"]
        ]
        self.relations = {(r["type"].lower(), gold[r["head"]].span, gold[r["tail"]].span) for r in row["relations"]}
        self.mentions = sorted(gold, key=lambda mention: mention.span)

    def find(self, _text: str) -> list[Mention]:
        return self.mentions


def documents(data: Path, split: str, limit: int) -> list[Document]:
    import pyarrow.parquet as pq

    rows = pq.read_table(data / "conll04" / f"{split}.parquet").to_pylist()
    order = np.random.default_rng(0).permutation(len(rows))[:limit]
    return [Document(rows[i]) for i in order]


def fit(judge: Judge, found: list[Document], schema: Schema) -> EdgeCalibration:
    """Logistic regression with an L2 penalty; the weights of what the judge says are kept from going negative."""
    from scipy.optimize import minimize

    rows, gold = [], []
    for document in found:
        sentences = short_sentences(document.text, split_sentences(document.text))
        named = resolve(document.text, document.mentions, sentences)
        for chunk in candidates(named, sentences, schema):
            pairs = []
            for one in chunk:
                premise = document.text[one.quote.start : one.quote.end]
                names = [one.head.mention.text(document.text), one.tail.mention.text(document.text)]
                pairs += [(premise, said) for said in one.relation.said_of(*names)]
                pairs += [(premise, said) for said in one.relation.said_of(*reversed(names))]
            verdicts = judge.judge(pairs)
            for one in chunk:
                n = len(one.relation.hypotheses)
                ahead, back, verdicts = verdicts[:n], verdicts[n : 2 * n], verdicts[2 * n :]
                rows.append(features(document.text, one, support(ahead), support(back)))
                gold.append((one.relation.name, one.head.at, one.tail.at) in document.relations)
    x, y = np.array(rows), np.array(gold, float)
    middle, spread = x.mean(0), x.std(0) + 1e-9
    z = (x - middle) / spread

    def loss(w: Any) -> tuple[float, Any]:
        s = z @ w[1:] + w[0]
        p = 1 / (1 + np.exp(-s))
        error = np.concatenate([[np.mean(p - y)], z.T @ (p - y) / len(y) + L2 * w[1:]])
        return float(np.mean(np.logaddexp(0, s) - y * s) + L2 / 2 * w[1:] @ w[1:]), error

    bounds = [(None, None), *(((0, None) if name in ("support", "direction") else (None, None)) for name in FEATURES)]
    best = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    print(f"{len(y)} candidates, {int(y.sum())} gold; loss {loss(best)[0]:.4f}")
    print(", ".join(f"{name} {w:+.2f}" for name, w in zip(FEATURES, best[1:], strict=True)), "(standardised)")
    weights = best[1:] / spread
    return EdgeCalibration(
        tuple(round(float(w), 4) for w in weights), round(float(best[0] - (weights * middle).sum()), 4)
    )


def measure(
    judge: Judge,
    found: list[Document],
    schema: Schema,
    calibration: EdgeCalibration | None,
    name: str,
    finder: EntityFinder | None,
) -> None:
    """Print precision and recall at each threshold; without a finder, of the gold entities."""
    total = sum(len(document.relations) for document in found)
    edges = []
    for number, document in enumerate(found):
        settings = make_settings(schema, finder or document, 0.0, calibration)
        said = read_source(judge, str(number), document.text, settings)
        for statement in said.statements:
            if not statement.holds:
                continue
            quote = document.text[statement.span.start : statement.span.end]
            ends = (statement.head_span, statement.tail_span)
            if quote != statement.quote or not all(
                statement.span.start <= s and e <= statement.span.end for s, e in ends
            ):
                raise SystemExit(f"a quote without its evidence: {statement}")
            right = any(
                relation == statement.relation and overlaps(ends[0], head) and overlaps(ends[1], tail)
                for relation, head, tail in document.relations
            )
            edges.append((statement.probability, right))
    print(f"\n{name}, {'calibrated' if calibration else 'probability of entailment alone'}: {total} gold relations")
    print("| threshold | edges | precision | recall |\n|---:|---:|---:|---:|")
    for threshold in np.arange(0.2, 0.85, 0.05):
        kept = [right for probability, right in edges if probability >= threshold - 1e-9]
        if kept:
            print(f"| {threshold:.2f} | {len(kept)} | {np.mean(kept):.3f} | {sum(kept) / total:.3f} |")


def overlaps(a: Span, b: Span) -> bool:
    return a.start < b.end and b.start < a.end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the directory that holds conll04/")
    parser.add_argument("--model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=int, default=10_000, help="documents of a split, drawn at random")
    parser.add_argument("--fit", type=Path, help="fit on train, and write the weights here")
    parser.add_argument("--weights", type=Path, help="measure with these weights, not the shipped ones")
    parser.add_argument("--finders", default="gold,trained,rules", help="which of them")
    parser.add_argument("--calibrated", action="store_true", help="leave out the judge's own probability")
    arguments = parser.parse_args()
    judge, schema = tuili.load(arguments.model, threads=arguments.threads), parse_schema(SCHEMA)
    if arguments.fit:
        fitted = fit(judge, documents(arguments.data, "train", arguments.limit), schema)
        arguments.fit.write_text(json.dumps(fitted.to_dict(), indent=2) + "\n")
        return
    found = documents(arguments.data, "dev", arguments.limit)
    weights = make_settings(schema, None, 0.5, "shipped").calibration
    if arguments.weights:
        weights = EdgeCalibration.from_dict(json.loads(arguments.weights.read_text()))
    finders = {"gold": ("gold entities", None), "trained": ("trained finder", TrainedFinder())}
    finders["rules"] = ("rule finder", RuleFinder())
    for name, finder in (finders[key] for key in arguments.finders.split(",")):
        for calibration in (weights,) if arguments.calibrated else (weights, None):
            measure(judge, found, schema, calibration, name, finder)


if __name__ == "__main__":
    main()
