from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")

import made_up_documents  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet  # noqa: E402
import tiny  # noqa: E402

from tuili.errors import DataError, ModelError, UsageError  # noqa: E402
from tuili.evaluation.spans import chunks, score_spans  # noqa: E402
from tuili.learning.checkpoints import CheckpointStore  # noqa: E402
from tuili.learning.entities.documents import DocumentBatches, TaggedSentence, documents, read_tagged  # noqa: E402
from tuili.learning.entities.train import EntityConfig, EntityTraining  # noqa: E402
from tuili.learning.entities.vocabulary import smaller  # noqa: E402
from tuili.learning.settings import Settings  # noqa: E402
from tuili.manifest import Base, DataCard  # noqa: E402
from tuili.perception.tokens import Tokeniser  # noqa: E402
from tuili.reasoning import entities  # noqa: E402
from tuili.types import Span  # noqa: E402


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Operators this small don't divide."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return made_up_documents.write_base(tmp_path_factory.mktemp("base") / "bert")


def config(base, **settings) -> EntityConfig:
    return EntityConfig(
        base, layers=2, vocabulary=200, window=40, budget=200, names={"PER": "person", "LOC": "place"},
        settings=Settings(**{"rate": 4e-3, "epochs": 14, "precision": "fp32", **settings}),
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(base, tmp_path_factory):
    """A training that has come to its end, and the bundle that it wrote."""
    training = EntityTraining(made_up_documents.sentences(300), made_up_documents.sentences(60, seed=1), config(base))
    outcome = training.fit()
    directory = tmp_path_factory.mktemp("trained") / "bundle"
    bundle = training.write(
        directory, name="made-up", base=Base("random", "none"), data=DataCard("made up", "research use"), facts={}
    )
    return training, outcome, bundle, directory


def test_training_learns_casing_and_context_and_the_bundle_finds_the_same(trained):
    training, outcome, bundle, directory = trained
    report, _ = training.measure()
    assert outcome.best is not None
    assert report.f1 == outcome.best.score[0] > 0.85
    assert bundle.manifest.entity_types == ("place", "person")
    assert bundle.manifest.metrics["dev"]["f1"] == report.f1
    assert "research use" in bundle.files["README.md"].decode()
    finder = entities.load(directory)
    names = {"person": "PER", "place": "LOC"}
    gold, found = [], []
    for sentence in made_up_documents.sentences(40, seed=2):
        text = " ".join(sentence.words)
        edges = np.cumsum([0, *(len(word) + 1 for word in sentence.words)])
        starts = {int(edge): place for place, edge in enumerate(edges)}
        gold.append(chunks(sentence.tags))
        found.append({(starts[m.span.start], starts[m.span.end + 1], names[m.type]) for m in finder.find(text)})
    assert score_spans(gold, found).f1 > 0.8


def test_a_run_goes_on_from_its_checkpoint_and_ends_with_the_same_weights(base, tmp_path):
    train, dev = made_up_documents.sentences(80), made_up_documents.sentences(20, seed=1)
    whole = EntityTraining(train, dev, config(base, epochs=2))
    whole.fit()

    class StopError(Exception):
        pass

    def stop(moment):
        if moment.epoch == 1:
            raise StopError

    store = CheckpointStore(tmp_path / "c")
    with pytest.raises(StopError):
        EntityTraining(train, dev, config(base, epochs=2)).fit(store, stop)
    again = EntityTraining(train, dev, config(base, epochs=2))
    assert again.fit(store).resumed_at > 0
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, again.model.state_dict()[name]), name


def test_every_word_keeps_its_tag_whatever_the_windows(base):
    tokeniser = Tokeniser(tiny.tokenizer_json())
    sentences = made_up_documents.sentences(30)
    items = documents(sentences, tokeniser, ("LOC", "PER"), 38)
    batches = DocumentBatches(items, tokeniser, 40, 200, 1)
    words = sum(len(sentence.words) for sentence in sentences)
    named = sum(tag != "O" for sentence in sentences for tag in sentence.tags)
    seen = []
    for number in (0, 1):
        epoch = list(batches.epoch(number))
        assert sum(len(batch.targets) for batch in epoch) == words
        assert sum(int((batch.targets > 0).sum()) for batch in epoch) == named
        assert sum(batch.size for batch in epoch) == 30
        for batch in epoch:
            # what a tag says of casing, the shape of its token says too
            shapes = batch.inputs.shapes[batch.inputs.firsts]
            assert torch.equal(batch.targets > 0, shapes == 2)
        seen.append([tuple(batch.inputs.rows.mask.shape) for batch in epoch])
    assert seen[0] != seen[1]
    assert [b.inputs.rows.ids.tolist() for b in batches.epoch(0)] == [
        b.inputs.rows.ids.tolist() for b in batches.epoch(0)
    ]
    assert sum(len(batch.targets) for batch, _ in batches.in_order()) == words


def test_a_smaller_vocabulary_spells_what_it_lacks():
    whole = tiny.tokenizer_json()
    used = [tiny.vocabulary()["dog"]]
    content, kept = smaller(whole, 81, used)
    tokeniser = Tokeniser(content)
    assert tokeniser.vocabulary_size == len(kept) == 81
    assert kept == sorted(kept)
    back = {row: piece for piece, row in tiny.vocabulary().items()}

    def pieces(text):
        return [back[kept[row]] for row in tokeniser.ids_of([text])[0]]

    assert pieces("dog the") == ["dog", "the"]
    assert pieces("person") == ["p", "##e", "##r", "##s", "##o", "##n"]
    assert not tokeniser.encode("person running").unknown.any()
    with pytest.raises(UsageError, match="must have room"):
        smaller(whole, 20)
    assert json.loads(content)["post_processor"] is None


def test_reading_tagged_documents(tmp_path):
    path = tmp_path / "t.parquet"
    rows = [{"doc": 3, "tokens": ["A", "Dog"], "ner": ["O", "B-PER"]}]
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), path)
    assert read_tagged(path) == [TaggedSentence(3, ("A", "Dog"), ("O", "B-PER"))]
    rows.append({"doc": 3, "tokens": ["A"], "ner": ["O", "O"]})
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), path)
    with pytest.raises(DataError, match="row 2: tokens and ner must hold"):
        read_tagged(path)
    pyarrow.parquet.write_table(pa.table({"doc": [1]}), path)
    with pytest.raises(DataError, match="doc, tokens, ner"):
        read_tagged(path)
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="can't be read as Parquet"):
        read_tagged(path)


def test_data_and_bases_that_cannot_be_used(base, tmp_path):
    plain = [TaggedSentence(0, ("a", "dog"), ("O", "O"))]
    with pytest.raises(DataError, match="hold no entity"):
        EntityTraining(plain, plain, config(base))
    strange = [TaggedSentence(0, ("Dog",), ("B-WORK",))]
    with pytest.raises(DataError, match="WORK, which is none of"):
        EntityTraining(made_up_documents.sentences(5), strange, config(base))
    with pytest.raises(ModelError, match="no BERT encoder"):
        EntityTraining(made_up_documents.sentences(5), plain, config(tmp_path))


def test_two_types_cannot_share_a_name(base):
    names = EntityConfig(base, vocabulary=200, window=40, names={"PER": "thing", "LOC": "thing"})
    with pytest.raises(UsageError, match="can't be called the same"):
        EntityTraining(made_up_documents.sentences(10), made_up_documents.sentences(5), names)


def test_the_first_piece_speaks_for_its_word():
    tokeniser = Tokeniser(tiny.tokenizer_json())
    items = documents([TaggedSentence(0, ("Xyz", "Dog"), ("O", "B-PER"))], tokeniser, ("PER",), 38)
    item = items[0][0]
    assert item.sentence.words == [Span(0, 3), Span(4, 7)]
    assert item.sentence.firsts.tolist() == [0, 3]
    assert item.tags.tolist() == [0, 4]
