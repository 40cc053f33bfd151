from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import entity_tiny
import numpy as np
import pytest
import tiny

from tuili.bundle import Bundle, write_bundle
from tuili.engine.load import load as load_engine
from tuili.errors import BundleError, InvalidText, ModelError, NumericalError, UsageError
from tuili.perception.tokens import Tokeniser
from tuili.perception.words import Shape
from tuili.reasoning import entities
from tuili.reasoning.entity_tagger import Tagger
from tuili.reasoning.entity_text import WORD_PIECES, frame, pack, read_sentences
from tuili.types import THREE_WAY, Mention, Span

TEXTS = [
    "A man is asleep. The Dog was running in the PARK, a cat on two.",
    "a",
    "",
    "  \u200b\n",
    "The woman is in on a park. " * 12,
    "DOG",
    "Three men, a Dog and a Cat.",
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    path = tmp_path_factory.mktemp("entities") / "tiny"
    entity_tiny.write(path)
    return path


@pytest.fixture(scope="module")
def finder(directory):
    return entities.load(directory)


def test_mentions_are_in_order_disjoint_and_visible(finder):
    found = finder.find_many(TEXTS)
    assert sum(map(len, found)) > 5
    assert {m.type for mentions in found for m in mentions} <= set(entity_tiny.TYPES)
    for text, mentions in zip(TEXTS, found, strict=True):
        assert all(m.text(text).strip() == m.text(text) != "" for m in mentions)
        assert all(0 < m.score <= 1 for m in mentions)
        assert all(a.span.end <= b.span.start for a, b in pairwise(mentions))
    assert found[2] == found[3] == []


def test_what_is_found_in_a_text_has_the_same_bits_in_any_company(finder, directory):
    alone = [finder.find(text) for text in TEXTS]
    assert finder.find_many(TEXTS) == alone
    assert finder.find_many(TEXTS[::-1] * 5)[: len(TEXTS)] == alone[::-1]
    assert entities.load(directory, threads=2).find_many(TEXTS * 3)[-len(TEXTS) :] == alone


def test_casing_matters_and_so_does_the_next_sentence(directory):
    tagger = Tagger(Bundle.open(directory), threads=1)

    def log_probs(text: str) -> np.ndarray:
        sentences = read_sentences(tagger.tokeniser, [text], [[[Span(0, 3)], [Span(4, 7)]]], 22)[0]
        return tagger.log_probs([frame(tagger.tokeniser, sentences)])[0]

    plain = log_probs("dog man")
    assert np.abs(plain - log_probs("DOG man"))[0].max() > 1e-3
    assert np.abs(plain - log_probs("dog cat"))[0].max() > 1e-3


def test_the_float32_graph_agrees_with_torch_and_int8_stays_close(tmp_path):
    torch = pytest.importorskip("torch")
    from tuili.learning.entities.model import FASTER, EntityModel, WordBatch
    from tuili.learning.prefix import PackedRows

    model = EntityModel(entity_tiny.config()).eval()
    state = {name: torch.from_numpy(array) for name, array in entity_tiny.tensors().items()}
    for name in ("shapes.weight", "head.weight", "head.bias"):
        state[name] = state[name] / FASTER
    model.load_state_dict(state)
    for name, tensor in model.tensors().items():
        assert np.allclose(tensor.numpy(), entity_tiny.tensors()[name], atol=1e-6)
    tokeniser = Tokeniser(tiny.tokenizer_json())
    texts = ["the Man is asleep.", "DOG"]
    words = [[[Span(0, 3), Span(4, 7), Span(8, 10), Span(11, 18)]], [[Span(0, 3)]]]
    windows = [frame(tokeniser, sentences) for sentences in read_sentences(tokeniser, texts, words, 22)]
    batch = WordBatch(
        PackedRows.of([window.ids.tolist() for window in windows]),
        torch.from_numpy(np.concatenate([window.shapes for window in windows])),
        torch.from_numpy(np.concatenate([windows[0].firsts, windows[1].firsts + len(windows[0].ids)])),
    )
    with torch.no_grad():
        wanted = model(batch).log_softmax(-1).numpy()
    found = {}
    for precision in ("float32", "int8"):
        tagger = Tagger(entity_tiny.write(tmp_path / precision, precision), threads=1)
        found[precision] = np.concatenate(tagger.log_probs(windows))
    assert np.abs(found["float32"] - wanted).max() < 1e-4
    assert 0 < np.abs(np.exp(found["int8"]) - np.exp(wanted)).max() < 0.1


def test_every_piece_is_in_one_window_and_long_words_are_read_by_their_beginning():
    tokeniser = Tokeniser(tiny.tokenizer_json())
    text = "xyzxyzxyzxyzxyzxyzxyz a man " + "is " * 30
    words = [Span(0, 21), Span(22, 23), Span(24, 27), *(Span(28 + 3 * i, 30 + 3 * i) for i in range(30))]
    sentences = read_sentences(tokeniser, [text], [[words]], 22)[0]
    assert [word for sentence in sentences for word in sentence.words] == words
    assert sentences[0].firsts[:2].tolist() == [0, WORD_PIECES]
    assert max(len(sentence.ids) for sentence in sentences) <= 22
    windows = list(pack(sentences, 24))
    assert [sentence for window in windows for sentence in window] == sentences
    framed = [frame(tokeniser, window) for window in windows]
    assert max(len(window.ids) for window in framed) <= 24
    assert framed[0].ids[0] == tokeniser.cls
    assert framed[0].shapes[0] == Shape.NONE
    assert framed[0].shapes[1] == Shape.LOWER


def test_words_and_sentences_that_are_known_are_kept(finder):
    text = "Dog in the Park"
    words = [[Span(0, 3), Span(4, 6)], [Span(7, 10), Span(11, 15)]]
    edges = {0, 3, 4, 6, 7, 10, 11, 15}
    mentions = finder.find_in_words([text], [words])[0]
    assert all({m.span.start, m.span.end} <= edges and not m.span.start < 6 < m.span.end for m in mentions)


@pytest.mark.parametrize(
    ("text", "error"),
    [(None, "text 1: text must be a string"), ("a\x00", "NUL"), ("a\ud800", "surrogate"), ("a" * 1_000_001, "at most")],
)
def test_what_is_no_text(finder, text, error):
    with pytest.raises(InvalidText, match=error):
        finder.find_many(["a man", text])


def test_one_text_in_place_of_a_list(finder):
    with pytest.raises(UsageError, match="for one text there is find"):
        finder.find_many("a man")


def test_a_bundle_of_the_other_kind_is_refused_by_both(directory, tiny_directory):
    with pytest.raises(BundleError, match=r"kind prefix-onnx.*tuili\.load reads it"):
        entities.load(tiny_directory)
    with pytest.raises(BundleError, match="entities-onnx"):
        load_engine(str(directory))


def test_options_and_places_that_cannot_be(directory, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="threads"):
        entities.load(directory, threads=0)
    with pytest.raises(BundleError):
        entities.load(tmp_path / "nothing")
    monkeypatch.setattr(entities, "files", lambda _: tmp_path)
    with pytest.raises(ModelError, match="came without an entity model"):
        entities.load()


def test_weights_that_give_no_numbers(directory, tmp_path):
    from tuili.learning.entities.graph import build_entity_graph

    tensors = entity_tiny.tensors()
    tensors["head.bias"] = np.full_like(tensors["head.bias"], np.nan)
    files = {
        "model.onnx": build_entity_graph(tensors, entity_tiny.config(), "int8"),
        "tokenizer.json": tiny.tokenizer_json(),
    }
    write_bundle(tmp_path / "b", entity_tiny.MANIFEST, files)
    with pytest.raises(NumericalError, match="not finite"):
        entities.load(tmp_path / "b").find("a man")


def test_types_and_model_must_agree(tmp_path):
    bundle = entity_tiny.write(tmp_path / "a")
    fewer = replace(bundle.manifest, entity_types=("person",))
    write_bundle(tmp_path / "b", fewer, dict(bundle.files))
    with pytest.raises(BundleError, match=r"has .* tags"):
        entities.load(tmp_path / "b")


@pytest.mark.parametrize(
    "changes",
    [{"entity_types": ()}, {"entity_types": ("a", "a")}, {"kind": "prefix-onnx", "labels": THREE_WAY}],
)
def test_a_manifest_has_entity_types_if_and_only_if_it_finds_entities(tmp_path, directory, changes):
    bundle = Bundle.open(directory)
    assert bundle.manifest.entity_types == entity_tiny.TYPES
    with pytest.raises(BundleError, match="entity_types"):
        write_bundle(tmp_path / "b", replace(bundle.manifest, **changes), dict(bundle.files))


def test_a_mention_says_what_it_is():
    mention = Mention(Span(2, 5), "place", 0.5)
    assert mention.text("ab cd") == " cd"
    assert mention.to_dict() == {"start": 2, "end": 5, "type": "place", "score": 0.5}
