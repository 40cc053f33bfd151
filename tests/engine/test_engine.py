from __future__ import annotations

import pickle
import random
import threading
from dataclasses import replace

import numpy as np
import pytest
import tiny

import tuili
from tuili.bundle import write_bundle
from tuili.engine.load import load
from tuili.errors import BundleError, InvalidPair, UsageError
from tuili.learning.graph import build_graph
from tuili.manifest import Combination
from tuili.types import THREE_WAY, Label, Verdict

WORDS = (
    "a the man woman dog cat is are was not sleeping running asleep outside inside two three in on park person".split()
)


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words)) + "."


def make_pairs(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Pairs of many lengths; some premises occur often, some are longer than the tiny model's window of 30 tokens."""
    rng = random.Random(seed)
    premises = [
        " ".join(sentence(rng, rng.randint(2, 14)) for _ in range(rng.choice([1, 1, 2, 6])))
        for _ in range(max(1, count // 3))
    ]
    return [(rng.choice(premises), sentence(rng, rng.randint(1, 10))) for _ in range(count)]


def bits(verdicts: list[Verdict]) -> list[tuple[float, ...]]:
    return [tuple(verdict.probabilities.values()) for verdict in verdicts]


def test_verdicts_come_in_the_order_of_their_pairs_with_probabilities_that_sum_to_one(tiny_engine):
    pairs = make_pairs(60)
    verdicts = tiny_engine.judge(pairs)
    assert len(verdicts) == 60
    for pair, verdict in zip(pairs, verdicts, strict=True):
        assert verdict == tiny_engine.judge([pair])[0]
        assert tuple(verdict.probabilities) == THREE_WAY
        assert sum(verdict.probabilities.values()) == pytest.approx(1.0, abs=1e-12)
        assert verdict.confidence == max(verdict.probabilities.values())
    assert len({verdict.label for verdict in verdicts}) > 1


def test_the_same_pair_gets_the_same_bits_in_any_company(tiny_directory):
    """D1, D2: batch, position, companions, cache, threads and a new engine change nothing."""
    pairs = make_pairs(120)
    alone = [bits(load(str(tiny_directory), threads=1, cache_bytes=0).judge([pair]))[0] for pair in pairs[:20]]
    engines = [
        load(str(tiny_directory), threads=threads, cache_bytes=size) for threads in (1, 2) for size in (0, 2**14, 2**26)
    ]
    for seed in range(20):
        rng = random.Random(seed)
        company = [*range(20), *rng.sample(range(20, 120), rng.randint(0, 100))]
        rng.shuffle(company)
        judged = bits(engines[seed % len(engines)].judge([pairs[index] for index in company]))
        for index, found in zip(company, judged, strict=True):
            if index < 20:
                assert found == alone[index]


def test_many_hypotheses_on_one_premise_get_the_bits_they_get_alone(tiny_engine):
    """D1: a percept attended to in place gives what a copied one gives."""
    rng = random.Random(3)
    premise = sentence(rng, 20)
    pairs = [(premise, sentence(rng, 5)) for _ in range(40)]
    assert bits(tiny_engine.judge(pairs)) == [bits(tiny_engine.judge([pair]))[0] for pair in pairs]


def test_threads_may_share_an_engine(tiny_directory):
    engine = load(str(tiny_directory), threads=1, cache_bytes=2**15)
    pairs = make_pairs(60)
    expected = bits(engine.judge(pairs))
    found: list[object] = [None] * 6

    def work(index: int) -> None:
        found[index] = bits(engine.judge(pairs))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 6


def test_an_engine_pickles_as_the_address_it_was_loaded_from(tiny_engine):
    copy = pickle.loads(pickle.dumps(tiny_engine))
    assert len(pickle.dumps(tiny_engine)) < 1000
    assert copy.judge(make_pairs(3)) == tiny_engine.judge(make_pairs(3))


def test_a_long_premise_is_read_whole_in_windows(tiny_engine):
    rng = random.Random(5)
    premise = " ".join(sentence(rng, 9) for _ in range(40))
    verdict = tiny_engine.judge([(premise, "a dog is outside.")])[0]
    assert verdict.coverage == 1.0
    readings = tiny_engine._reader.read([tuili.Pair(premise, "a dog is outside.")])
    assert len(readings[0].log_probs) > 10


def test_unread_characters_lower_the_coverage(tiny_engine):
    verdict = tiny_engine.judge([("the man is 東京 outside", "a man.")])[0]
    assert verdict.coverage == pytest.approx(15 / 17)


def test_of_a_hypothesis_that_was_not_read_whole_nothing_is_decided(tiny_engine):
    verdict = tiny_engine.judge([("a dog is outside", "a dog is 東京 outside")])[0]
    assert not verdict.decided
    assert verdict.prediction_set == set(THREE_WAY)


def test_strings_with_an_equality_of_their_own_are_told_apart(tiny_engine):
    class Same(str):
        def __eq__(self, other):
            return True

        def __hash__(self):
            return 1

    odd, plain = (
        tiny_engine.judge([(kind("the man is sleeping"), "a man."), (kind("a dog was running"), "a man.")])
        for kind in (Same, str)
    )
    assert odd == plain


def test_no_pairs_give_no_verdicts(tiny_engine):
    assert tiny_engine.judge([]) == []


@pytest.mark.parametrize(
    ("pair", "field", "reason"),
    [
        (("", "x"), "premise", "empty"),
        (("x", " \n\t "), "hypothesis", "blank"),
        (("x\0y", "x"), "premise", "NUL"),
        (("x", "\ud800"), "hypothesis", "surrogate"),
        ((None, "x"), "premise", "NoneType"),
        (("x", 3), "hypothesis", "int"),
        (("x", b"x"), "hypothesis", "bytes"),
        (("only one",), None, "tuple of 1"),
        ("ab", None, "str"),
        (("a", "b", "c"), None, "tuple of 3"),
        (("a", "dog " * 40), "hypothesis", "tokens"),
        (("a dog", "東京 🦊"), "hypothesis", "unknown"),
        (("東京 🦊", "a dog"), "premise", "unknown"),
        (("\u0301", "a dog"), "premise", "unknown"),
    ],
)
def test_a_bad_pair_is_named_before_anything_is_scored(tiny_engine, monkeypatch, pair, field, reason):
    monkeypatch.setattr(tiny_engine._reader.backend, "perceive", lambda windows: pytest.fail("something was scored"))
    with pytest.raises(InvalidPair, match=reason) as caught:
        tiny_engine.judge([("a dog.", "a cat."), pair, ("a dog.", "a man.")])
    assert caught.value.index == 1
    assert caught.value.field == field


def test_all_bad_pairs_of_a_call_are_named_at_once(tiny_engine):
    with pytest.raises(InvalidPair) as caught:
        tiny_engine.judge([("a", ""), ("a", "b"), ("", "b")])
    assert [caught.value.index, *(other.index for other in caught.value.also)] == [0, 2]


def test_below_the_threshold_nothing_is_decided(tiny_directory):
    engine = load(str(tiny_directory), threads=1, threshold=1.0)
    verdict = engine.judge([("a dog.", "a cat.")])[0]
    assert not verdict.decided
    assert verdict.prediction_set == set(THREE_WAY)
    engine = load(str(tiny_directory), threads=1, threshold=0.0)
    assert engine.judge([("a dog.", "a cat.")])[0].prediction_set == {verdict.label}


@pytest.mark.parametrize("address", ["embedded", "hf:", "open:x", "ftp://localhost:1", "tiny", ""])
def test_an_address_that_means_nothing_is_refused_with_the_allowed_ones(address):
    with pytest.raises(UsageError, match="hf:organisation/name"):
        load(address)


def test_a_directory_that_is_not_there_is_refused():
    with pytest.raises(BundleError, match="not a directory"):
        load("./nowhere")


@pytest.mark.parametrize(
    "options",
    [
        {"threads": 0},
        {"threads": 10**6},
        {"threads": "2"},
        {"threads": 1.5},
        {"cache_bytes": -1},
        {"cache_bytes": None},
        {"threshold": 1.5},
        {"model": 3},
        {"labels": ["entailment"]},
    ],
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(UsageError):
        load(**options)


def test_weights_that_give_no_numbers_are_refused_rather_than_believed(tmp_path):
    """I5: argmax of NaN is a label."""
    tensors = tiny.tensors()
    tensors["head_out.bias"][1] = np.nan
    graph = build_graph(tensors, tiny.config(), "int8")
    write_bundle(tmp_path / "b", tiny.manifest("int8"), {"model.onnx": graph, "tokenizer.json": tiny.tokenizer_json()})
    engine = load(str(tmp_path / "b"), threads=1)
    with pytest.raises(tuili.TuiliError, match="not finite"):
        engine.judge([("a dog.", "a cat.")])


def test_a_bundle_with_an_unknown_way_to_combine_windows_is_refused(tmp_path):
    manifest = replace(tiny.manifest("int8"), combination=Combination("maximum", {}))
    graph = build_graph(tiny.tensors(), tiny.config(), "int8")
    write_bundle(tmp_path / "b", manifest, {"model.onnx": graph, "tokenizer.json": tiny.tokenizer_json()})
    with pytest.raises(BundleError, match="maximum"):
        load(str(tmp_path / "b"))


def test_a_verdict_survives_its_own_dictionary_and_pickle(tiny_engine):
    verdict = tiny_engine.judge([("a dog.", "a cat.")])[0]
    assert Verdict.from_dict(verdict.to_dict()) == verdict
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    assert hash(pickle.loads(pickle.dumps(verdict))) == hash(verdict)
    assert Label(verdict.to_dict()["label"]) is verdict.label
