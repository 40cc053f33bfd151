"""Checkpoints at work: the contract, agreement with transformers, the same bits in any company, nothing cut."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from contract import WORDS, BackendContract, made_up_pairs, same_bits, sentence

from tuili.errors import InvalidPair, MissingExtra, NumericalError, UsageError
from tuili.types import TWO_WAY, Pair

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import tiny_checkpoint  # noqa: E402 - it needs both

from tuili.reasoning.checkpoint import Checkpoint  # noqa: E402
from tuili.reasoning.pair_tokens import PairTokens  # noqa: E402

FAMILIES = ("Bert", "DistilBert", "Roberta", "Bart")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with tiny_checkpoint.threads(1):
        yield


@pytest.fixture(scope="module")
def directories(tmp_path_factory):
    """A tiny checkpoint of each family."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for family in FAMILIES:
        write = tiny_checkpoint.write_bert if "Bert" in family else tiny_checkpoint.write_roberta
        write(folder / family, family=family)
    return {family: folder / family for family in FAMILIES}


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return request.param


@pytest.fixture(scope="module")
def checkpoint(directories, family):
    return Checkpoint.load(directories[family], check_labels=False)


@pytest.fixture(scope="module")
def bert(directories):
    return Checkpoint.load(directories["Bert"], check_labels=False)


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A checkpoint that reads up to 300 tokens, so that its pairs fall into all kinds of shapes."""
    directory = tmp_path_factory.mktemp("long") / "long"
    tiny_checkpoint.write_bert(directory, max_position_embeddings=300, hidden_size=64, intermediate_size=256)
    return Checkpoint.load(directory, check_labels=False)


class TestContract(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, checkpoint):
        return checkpoint


class TestContractTwoWay(BackendContract):
    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, tmp_path_factory):
        directory = tiny_checkpoint.write_bert(tmp_path_factory.mktemp("two") / "two-way", names=TWO_WAY)
        return Checkpoint.load(directory, check_labels=False)


def test_scores_are_those_of_transformers(checkpoint, directories, family):
    tokenizer = transformers.AutoTokenizer.from_pretrained(directories[family])
    network = transformers.AutoModelForSequenceClassification.from_pretrained(directories[family]).eval()
    pairs = made_up_pairs(6)
    scores = checkpoint.score(pairs)
    for pair, row in zip(pairs, scores, strict=True):
        inputs = tokenizer(*pair, return_tensors="pt", truncation=False, padding=False)
        with torch.inference_mode():
            expected = network(**inputs).logits[0].log_softmax(-1).numpy()
        np.testing.assert_allclose(row, expected, atol=1e-4)


def test_shapes_threads_and_company_change_no_bit(long):
    """Pairs of 8 to 300 tokens, alone on one thread, and in mixed batches in any order on one and two."""
    rng = random.Random(0)
    counts = [rng.randint(1, 230) for _ in range(20)]
    pairs = [Pair(" ".join(rng.choices(WORDS.split(), k=count)), sentence(rng, rng.randint(3, 60))) for count in counts]
    alone = np.concatenate([long.score([pair]) for pair in pairs])
    assert len({row.tobytes() for row in alone}) == len(pairs)
    for number in (1, 2):
        with tiny_checkpoint.threads(number):
            for _ in range(2):
                order = rng.sample(range(len(pairs)), rng.randint(10, len(pairs)))
                assert same_bits(long.score([pairs[place] for place in order]), alone[order])


def test_an_opened_again_checkpoint_gives_the_same_bits_and_name(directories, bert):
    again = Checkpoint.load(str(directories["Bert"]), check_labels=False)
    pairs = made_up_pairs(5)
    assert same_bits(again.score(pairs), bert.score(pairs))
    assert again.name == bert.name
    assert again.name.startswith("Bert@")


def test_nothing_is_cut_although_the_saved_tokenizer_says_so(bert):
    """It was saved with truncation to 16 tokens; the last of 40 words still counts."""
    premise = "the man is in the park " * 6
    one, other = bert.score([Pair(premise + "sleeping", "a dog"), Pair(premise + "running", "a dog")])
    assert np.abs(one - other).max() > 1e-4


def test_a_pair_that_does_not_fit_is_refused_and_named(checkpoint):
    fits, long = Pair("the man", "a dog"), Pair("the man " * 60, "a dog")
    with pytest.raises(InvalidPair, match="tokens, and this model reads at most 64") as refused:
        checkpoint.score([fits, long, fits, long])
    assert refused.value.index == 1
    assert [other.index for other in refused.value.also] == [3]


def test_a_pair_that_fits_to_the_last_token_is_read(checkpoint):
    """RoBERTa's positions begin behind the padding token's id, so its 66 rows are enough for 64 tokens."""
    tokenizer = checkpoint._network.tokenizer
    words = next(n for n in range(100, 0, -1) if fits(tokenizer, Pair("man " * n + "man", "a dog")))
    pair = Pair("man " * words + "man", "a dog")
    assert len(tokenizer.pairs([pair])[0]) == 64 == tokenizer.most
    assert np.isfinite(checkpoint.score([pair])).all()


def fits(tokenizer, pair):
    try:
        tokenizer.pairs([pair])
    except InvalidPair:
        return False
    return True


def test_special_tokens_written_out_in_a_text_are_plain_characters(checkpoint, family):
    special = ["[SEP]", "[CLS]"] if "Bert" in family else ["</s>", "<s>"]
    plain, forged = checkpoint._network.tokenizer.pairs(
        [Pair("the man.", "a dog."), Pair(f"the man. {special[0]} a dog. {special[1]}", "a dog.")]
    )
    frame = [plain.ids[0], plain.ids[-1]]
    assert sum(token in frame for token in forged.ids) == sum(token in frame for token in plain.ids)


def test_unknown_words_and_lost_characters_lower_the_coverage(bert, directories):
    assert bert.coverage("the 雨 man") == 6 / 7
    assert bert.coverage("man\u200bman") == 6 / 7
    roberta = Checkpoint.load(directories["Roberta"], check_labels=False)
    assert roberta.coverage("the 雨 man\u200b") == 1.0


def test_the_windows_of_a_document_end_with_a_sentence(bert):
    premise = " ".join(f"The man number {n} is not in the park." for n in range(12))
    texts = [premise[start:end] for start, end in bert.windows(premise)]
    assert len(texts) > 2
    assert all(text.rstrip().endswith("park.") for text in texts)


def test_padding_goes_where_the_tokenizer_wants_it(directories):
    tokenizer = Checkpoint.load(directories["Bert"], check_labels=False)._network.tokenizer
    row = PairTokens([5, 6, 7], [0, 0, 1])
    assert tokenizer.padded([row], 5)["input_ids"].tolist() == [[5, 6, 7, 0, 0]]
    tokenizer._pads_left = True
    assert {name: array.tolist() for name, array in tokenizer.padded([row], 5).items()} == {
        "input_ids": [[0, 0, 5, 6, 7]],
        "attention_mask": [[0, 0, 1, 1, 1]],
        "token_type_ids": [[0, 0, 0, 0, 1]],
    }


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_give_an_error_and_never_a_label(directories, number):
    checkpoint = Checkpoint.load(directories["Bert"], check_labels=False)
    with torch.no_grad():
        checkpoint._network._network.classifier.bias[1] = number
    with pytest.raises(NumericalError, match="not finite"):
        checkpoint.score([Pair("the man", "a dog")])


def test_a_checkpoint_saved_in_half_precision_is_computed_in_full(directories, tmp_path):
    network = transformers.AutoModelForSequenceClassification.from_pretrained(directories["Bert"])
    network.to(torch.bfloat16).save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(directories["Bert"]).save_pretrained(tmp_path)
    assert Checkpoint.load(tmp_path, check_labels=False)._network._network.dtype == torch.float32


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_other_precisions_can_be_asked_for(directories, bert, dtype):
    half = Checkpoint.load(directories["Bert"], check_labels=False, dtype=dtype)
    assert half._network._network.dtype == getattr(torch, dtype)
    pairs = made_up_pairs(5)
    assert np.abs(np.exp(half.score(pairs)) - np.exp(bert.score(pairs))).max() < 0.2


@pytest.mark.parametrize("option", [{"dtype": "int8"}, {"dtype": "eval"}, {"device": "cuda:99"}, {"device": "nowhere"}])
def test_a_precision_or_device_that_does_not_exist_is_a_mistake_of_the_caller(directories, option):
    with pytest.raises(UsageError, match=next(iter(option))):
        Checkpoint.load(directories["Bert"], check_labels=False, **option)


@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_without_the_extra_the_error_says_what_to_install(directories, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtra, match=r"tuili\[hf\]"):
        Checkpoint.load(directories["Bert"])


def test_importing_the_back_ends_loads_no_framework():
    code = (
        "import sys, tuili.reasoning.checkpoint, tuili.reasoning.scripted, tuili.reasoning.backend\n"
        "print([name for name in ('torch', 'transformers', 'huggingface_hub', 'safetensors') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
