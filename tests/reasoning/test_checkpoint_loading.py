"""What is refused when a checkpoint is opened: wrong label orders, damage, and anything that would run code."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import sys
from pathlib import Path

import pytest

from tuili.errors import BundleError, LabelOrderError, ModelError, TuiliError, UsageError
from tuili.types import THREE_WAY, TWO_WAY, Label

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import tiny_checkpoint  # noqa: E402 - it needs both
from tiny_checkpoint import edit_json  # noqa: E402

from tuili.reasoning.checkpoint import Checkpoint  # noqa: E402

NAMES = ("contradiction", "entailment", "neutral")
E, N, C, X = Label


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with tiny_checkpoint.threads(1):
        yield


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """Directories of checkpoints that know the probes, three-way in the order of `NAMES`, and two-way."""
    folder = tmp_path_factory.mktemp("taught")
    for name, names in (("three-way", NAMES), ("two-way", TWO_WAY)):
        tiny_checkpoint.teach_probes(tiny_checkpoint.write_bert(folder / name, names=names), names)
    return folder


@pytest.fixture
def directory(taught, tmp_path):
    """A sound three-way checkpoint, to be spoilt."""
    return Path(shutil.copytree(taught / "three-way", tmp_path / "model"))


def rename(directory, names):
    edit_json(directory / "config.json", id2label={str(n): name for n, name in enumerate(names)}, label2id=None)


class TestLabelOrder:
    def test_the_order_of_the_configuration_holds_where_the_verdicts_agree(self, directory):
        assert Checkpoint.load(directory).labels == (C, E, N)

    @pytest.mark.parametrize(
        "names", [["Contradictory", "ENTAILMENT", "Neutral"], ["contradicts", "entailed", "neutral"]]
    )
    def test_names_may_be_spelt_otherwise(self, directory, names):
        rename(directory, names)
        assert Checkpoint.load(directory).labels == (C, E, N)

    def test_a_two_way_model_is_checked_too(self, taught, tmp_path):
        assert Checkpoint.load(taught / "two-way").labels == TWO_WAY
        swapped = Path(shutil.copytree(taught / "two-way", tmp_path / "swapped"))
        rename(swapped, ["not entailment", "entailment"])
        with pytest.raises(LabelOrderError, match=r"set labels=\['entailment', 'not_entailment'\]"):
            Checkpoint.load(swapped)

    @pytest.mark.parametrize("names", [THREE_WAY, ("neutral", "entailment", "contradiction")])
    def test_a_model_that_behaves_otherwise_than_its_configuration_says_is_refused(self, directory, names):
        rename(directory, names)
        with pytest.raises(LabelOrderError, match=r"set labels=\['contradiction', 'entailment', 'neutral'\]"):
            Checkpoint.load(directory)

    def test_the_caller_may_correct_the_configuration(self, directory):
        rename(directory, THREE_WAY)
        assert Checkpoint.load(directory, labels=NAMES).labels == (C, E, N)

    def test_but_the_caller_is_checked_as_well(self, directory):
        with pytest.raises(LabelOrderError, match="another order"):
            Checkpoint.load(directory, labels=THREE_WAY)

    def test_unless_the_caller_insists(self, directory):
        assert Checkpoint.load(directory, labels=THREE_WAY, check_labels=False).labels == THREE_WAY

    @pytest.mark.parametrize("check", [True, False])
    def test_names_that_say_nothing_are_refused_with_a_hint(self, directory, check):
        rename(directory, ["LABEL_0", "LABEL_1", "LABEL_2"])
        with pytest.raises(LabelOrderError, match=r"LABEL_0.*behaves like labels=\['contradiction', 'entailment'"):
            Checkpoint.load(directory, check_labels=check)
        assert Checkpoint.load(directory, labels=NAMES).labels == (C, E, N)

    def test_without_a_hint_where_the_verdicts_give_none(self, tmp_path):
        tiny_checkpoint.write_bert(tmp_path / "model", names=["LABEL_0", "LABEL_1", "LABEL_2"])
        with pytest.raises(LabelOrderError, match=r"set labels=\[\.\.\.\]"):
            Checkpoint.load(tmp_path / "model")

    def test_a_model_that_is_at_home_elsewhere_is_refused(self, tmp_path):
        tiny_checkpoint.write_bert(tmp_path / "model")
        with pytest.raises(LabelOrderError, match="in doubt"):
            Checkpoint.load(tmp_path / "model")

    @pytest.mark.parametrize("outputs", [1, 4])
    def test_a_model_with_another_number_of_outputs_is_refused(self, tmp_path, outputs):
        tiny_checkpoint.write_bert(tmp_path / "model", names=[str(n) for n in range(outputs)])
        with pytest.raises(ModelError, match=f"{outputs} outputs"):
            Checkpoint.load(tmp_path / "model")

    def test_labels_of_another_number_are_a_mistake_of_the_caller(self, directory):
        with pytest.raises(UsageError, match="3 outputs"):
            Checkpoint.load(directory, labels=TWO_WAY)


AUTO_MAP = {
    "AutoConfig": "evil.Config",
    "AutoModel": "evil.Model",
    "AutoModelForSequenceClassification": "evil.Model",
    "AutoTokenizer": ["evil.Tokenizer", "evil.Tokenizer"],
}
CANARIES = {
    "a map to code in the configuration": lambda d: edit_json(d / "config.json", auto_map=AUTO_MAP),
    "and a wish to be trusted": lambda d: edit_json(d / "config.json", auto_map=AUTO_MAP, trust_remote_code=True),
    "a model type that only the code knows": lambda d: edit_json(
        d / "config.json", auto_map=AUTO_MAP, model_type="evil", trust_remote_code=True
    ),
    "a map in a nested configuration": lambda d: edit_json(
        d / "config.json", text_config={"auto_map": AUTO_MAP, "trust_remote_code": True, "model_type": "evil"}
    ),
    "code in another repository": lambda d: edit_json(
        d / "config.json", auto_map={name: f"evil/evil--{at}" for name, at in AUTO_MAP.items() if isinstance(at, str)}
    ),
    "a map in the tokenizer's configuration": lambda d: edit_json(d / "tokenizer_config.json", auto_map=AUTO_MAP),
    "the same in the old form": lambda d: edit_json(
        d / "tokenizer_config.json", auto_map=["evil.Tokenizer", "evil.Tokenizer"], trust_remote_code=True
    ),
    "a tokenizer class that only the code knows": lambda d: edit_json(
        d / "tokenizer_config.json", tokenizer_class="evil.Tokenizer", auto_map=AUTO_MAP
    ),
    "an architecture that only the code knows": lambda d: edit_json(d / "config.json", architectures=["evil.Model"]),
    "a kernel for attention": lambda d: edit_json(
        d / "config.json", attn_implementation="evil/evil", _attn_implementation_internal="evil/evil"
    ),
    "modules of sentence-transformers": lambda d: (d / "modules.json").write_text(
        '[{"idx": 0, "name": "0", "path": "", "type": "evil.Model"}]'
    ),
    "a chat template": lambda d: edit_json(
        d / "tokenizer_config.json", chat_template="{{ ''.__class__.__mro__[1].__subclasses__() }}"
    ),
}


class TestCode:
    @pytest.mark.parametrize("plant", CANARIES.values(), ids=CANARIES)
    def test_code_beside_a_model_never_runs(self, directory, plant, monkeypatch):
        canary = directory.parent / "canary"
        plant(directory)
        code = f"import pathlib\npathlib.Path({str(canary)!r}).write_text('ran')\nConfig = Model = Tokenizer = dict\n"
        for name in ("evil", "__init__", "configuration_evil", "modeling_evil", "tokenization_evil", "setup"):
            (directory / f"{name}.py").write_text(code)
        monkeypatch.chdir(directory)
        try:
            Checkpoint.load(directory)
        except (ModelError, BundleError) as error:
            assert "\n" not in str(error)
        assert not canary.exists()
        assert not [name for name in sys.modules if "evil" in name]

    def test_nothing_can_turn_it_on(self, directory):
        for option in ("trust_remote_code", "use_safetensors"):
            with pytest.raises(TypeError):
                Checkpoint.load(directory, **{option: True})

    def test_a_pickle_is_never_opened(self, directory):
        canary = directory.parent / "canary"

        class Bomb:
            def __reduce__(self):
                return os.system, (f"touch {canary}",)

        (directory / "model.safetensors").unlink()
        (directory / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
        with pytest.raises(BundleError, match=r"no model\.safetensors; pytorch_model\.bin is a pickle"):
            Checkpoint.load(directory)
        edit_json(directory / "config.json", transformers_weights="pytorch_model.bin")
        with pytest.raises(BundleError, match="transformers_weights"):
            Checkpoint.load(directory)
        edit_json(directory / "config.json", transformers_weights=None)
        index = '{"metadata": {}, "weight_map": {"classifier.bias": "pytorch_model.bin"}}'
        (directory / "model.safetensors.index.json").write_text(index)
        with pytest.raises(BundleError, match="weight_map"):
            Checkpoint.load(directory)
        assert not canary.exists()

    @pytest.mark.parametrize(
        "shard", ["../other.safetensors", "/other.safetensors", "gone.safetensors", 3, "a\\b.safetensors"]
    )
    def test_shards_lie_in_the_directory(self, directory, shard):
        (directory / "model.safetensors").rename(directory.parent / "other.safetensors")
        edit_json_new(directory / "model.safetensors.index.json", {"weight_map": {"classifier.bias": shard}})
        with pytest.raises(BundleError, match="same directory"):
            Checkpoint.load(directory)

    def test_a_checkpoint_in_shards_is_opened(self, directory):
        network = transformers.AutoModelForSequenceClassification.from_pretrained(directory)
        (directory / "model.safetensors").unlink()
        network.save_pretrained(directory, max_shard_size="30KB")
        assert len(list(directory.glob("model-*.safetensors"))) > 1
        assert Checkpoint.load(directory).labels == (C, E, N)


def edit_json_new(path, content):
    path.write_text("{}")
    edit_json(path, **content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-10])


DAMAGE = {
    "no configuration": lambda d: (d / "config.json").unlink(),
    "half a configuration": lambda d: cut(d / "config.json"),
    "a configuration that is a list": lambda d: (d / "config.json").write_text("[]"),
    "a configuration that is not UTF-8": lambda d: (d / "config.json").write_bytes(b"\xff\xfe{}"),
    "a configuration nested too deep": lambda d: (d / "config.json").write_text("[" * 100_000),
    "no model type": lambda d: edit_json(d / "config.json", model_type=None),
    "an unknown model type": lambda d: edit_json(d / "config.json", model_type="zzz"),
    "a model type that is a list": lambda d: edit_json(d / "config.json", model_type=["bert"]),
    "a model that is no classifier of text": lambda d: edit_json(d / "config.json", model_type="vit"),
    "a size that is a word": lambda d: edit_json(d / "config.json", hidden_size="abc"),
    "a size that does not divide": lambda d: edit_json(d / "config.json", hidden_size=33),
    "a size that does not fit the weights": lambda d: edit_json(d / "config.json", hidden_size=64),
    "a negative size": lambda d: edit_json(d / "config.json", hidden_size=-1),
    "no heads": lambda d: edit_json(d / "config.json", num_attention_heads=0),
    "an unknown activation": lambda d: edit_json(d / "config.json", hidden_act="foo"),
    "names in a list": lambda d: edit_json(d / "config.json", id2label=["a", "b", "c"]),
    "names under words": lambda d: edit_json(d / "config.json", id2label={"x": "a"}),
    "names under numbers that are none of its columns": lambda d: edit_json(
        d / "config.json", id2label={"7": "neutral", "8": "entailment", "9": "contradiction"}
    ),
    "a padding token beyond the vocabulary": lambda d: edit_json(d / "config.json", pad_token_id=9999),
    "a quantisation that is not installed": lambda d: edit_json(
        d / "config.json", quantization_config={"quant_method": "gptq", "bits": 4}
    ),
    "a number format that does not exist": lambda d: edit_json(d / "config.json", dtype="zork"),
    "no weights": lambda d: (d / "model.safetensors").unlink(),
    "empty weights": lambda d: (d / "model.safetensors").write_bytes(b""),
    "half the weights": lambda d: cut(d / "model.safetensors"),
    "weights that are noise": lambda d: (d / "model.safetensors").write_bytes(b"\xff" * 100),
    "an index that is no JSON": lambda d: (
        (d / "model.safetensors").unlink(),
        (d / "model.safetensors.index.json").write_text("{"),
    ),
    "an adapter": lambda d: (d / "adapter_config.json").write_text('{"base_model_name_or_path": "evil/evil"}'),
    "no tokenizer": lambda d: (d / "tokenizer.json").unlink(),
    "half a tokenizer": lambda d: cut(d / "tokenizer.json"),
    "an empty tokenizer": lambda d: (d / "tokenizer.json").write_text("{}"),
    "a tokenizer of an unknown kind": lambda d: edit_json(d / "tokenizer.json", model={"type": "Zork"}),
    "half a configuration of the tokenizer": lambda d: cut(d / "tokenizer_config.json"),
    "a tokenizer without padding": lambda d: (
        edit_json(d / "tokenizer_config.json", pad_token=None),
        edit_json(d / "tokenizer.json", padding=None),
    ),
    "a model that reads nothing": lambda d: edit_json(d / "tokenizer_config.json", model_max_length=5),
}


class TestDamage:
    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
    def test_a_damaged_checkpoint_is_refused_in_one_line(self, directory, damage, capfd):
        damage(directory)
        with pytest.raises((ModelError, BundleError)) as refused:
            Checkpoint.load(directory)
        said = str(refused.value)
        assert "\n" not in said
        assert len(said) < 600
        assert capfd.readouterr() == ("", "")

    def test_random_damage_is_refused_or_harmless(self, directory):
        """Bytes set at random in the files that are JSON."""
        rng = random.Random(0)
        sound = {
            name: (directory / name).read_bytes() for name in ("config.json", "tokenizer_config.json", "tokenizer.json")
        }
        for _ in range(25):
            name = rng.choice(list(sound))
            content = bytearray(sound[name])
            for _ in range(rng.choice([1, 1, 3])):
                content[rng.randrange(len(content))] = rng.randrange(256)
            (directory / name).write_bytes(content)
            try:
                Checkpoint.load(directory, labels=NAMES, check_labels=False)
            except TuiliError as error:
                assert "\n" not in str(error)
            (directory / name).write_bytes(sound[name])

    def test_an_encoder_without_a_trained_head_is_refused(self, directory):
        """transformers would make one up from random numbers."""
        network = transformers.AutoModel.from_pretrained(directory)
        network.save_pretrained(directory)
        rename(directory, NAMES)
        with pytest.raises(ModelError, match=r"no trained classifier: it lacks classifier\.bias and 1 more"):
            Checkpoint.load(directory)

    def test_a_model_that_can_not_be_run_is_refused_when_it_is_opened(self, directory):
        """The tokenizer gives ids that the model has no rows for."""
        network = transformers.AutoModelForSequenceClassification.from_pretrained(directory)
        network.resize_token_embeddings(10)
        network.save_pretrained(directory)
        with pytest.raises(ModelError, match="can't be run: IndexError"):
            Checkpoint.load(directory, check_labels=False)

    def test_opening_leaves_the_settings_of_transformers_alone(self, directory):
        logging = transformers.utils.logging
        before = logging.get_verbosity(), logging.is_progress_bar_enabled()
        Checkpoint.load(directory)
        assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
