from __future__ import annotations

import pytest
import tiny

torch = pytest.importorskip("torch")

from tuili.learning.prefix import (  # noqa: E402
    PackedRows,
    PairBatch,
    PrefixModel,
    head_init,
    parameter_groups,
)
from tuili.learning.prefix_config import PrefixConfig  # noqa: E402

PREMISES = [[2, 10, 11, 12, 3], [2, 20, 3], [2, 13, 14, 15, 16, 17, 3]]
HYPOTHESES = [[2, 9, 3], [2, 10, 12, 14, 3], [2, 30, 31, 32, 3], [2, 8, 3]]
PREMISE_OF = [0, 0, 1, 2]


def make_batch(premises: list[list[int]], hypotheses: list[list[int]], premise_of: list[int]) -> PairBatch:
    count = len(hypotheses)
    return PairBatch(
        PackedRows.of(premises),
        PackedRows.of(hypotheses),
        torch.tensor(premise_of),
        torch.zeros(count, dtype=torch.int64),
        torch.ones(count),
    )


@pytest.fixture
def model() -> PrefixModel:
    model = PrefixModel(tiny.config()).eval()
    model.load_state_dict({name: torch.from_numpy(array) for name, array in tiny.tensors().items()})
    return model


def test_a_batch_gives_each_pair_what_it_gets_alone(model):
    with torch.no_grad():
        together = model(make_batch(PREMISES, HYPOTHESES, PREMISE_OF))
        for index, (hypothesis, premise) in enumerate(zip(HYPOTHESES, PREMISE_OF, strict=True)):
            alone = model(make_batch([PREMISES[premise]], [hypothesis], [0]))
            torch.testing.assert_close(together[index], alone[0], atol=1e-5, rtol=1e-5)


def test_the_premise_never_sees_the_hypothesis(model):
    """What makes percepts possible: the premise's keys and values are the same whatever is asked."""
    seen = []
    handle = model.layers[1].qkv.register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        for hypothesis in HYPOTHESES[:2]:
            model(make_batch(PREMISES[:1], [hypothesis], [0]))
    handle.remove()
    torch.testing.assert_close(seen[0][:5], seen[1][:5], atol=1e-6, rtol=1e-6)


def test_hidden_keys_are_drawn_in_training_only(model):
    model.key_dropout = 0.9
    batch = make_batch(PREMISES, HYPOTHESES, PREMISE_OF)
    with torch.no_grad():
        assert torch.equal(model(batch), model(batch))
        model.train()
        model.head_dropout.p = 0.0
        drawn = [model(batch) for _ in range(20)]  # two draws may be alike by chance
        assert any(not torch.equal(drawn[0], other) for other in drawn)


def test_a_bert_checkpoint_is_taken_over_weight_for_weight(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    bert = transformers.BertModel(config).eval()
    bert.save_pretrained(tmp_path)
    model = PrefixModel.from_bert(tmp_path).eval()
    # without a hypothesis in sight, a premise must come out as BERT itself would have it
    ids = [2, 5, 9, 7, 3]
    states = []
    handle = model.layers[1].qkv.register_forward_hook(lambda module, inputs, output: states.append(inputs[0]))
    with torch.no_grad():
        model(make_batch([ids], [[2, 3]], [0]))
        expected = bert(torch.tensor([ids]), output_hidden_states=True).hidden_states[1][0]
    handle.remove()
    torch.testing.assert_close(states[0][:5], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"model_type": "roberta"}, "BERT-family"),
        ({"hidden_act": "relu"}, "gelu"),
        ({"hidden_size": "x"}, "hidden_size"),
    ],
)
def test_a_base_that_does_not_fit_is_refused(change, error):
    good = {
        "model_type": "bert",
        "vocab_size": 9,
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "intermediate_size": 8,
        "max_position_embeddings": 8,
    }
    assert PrefixConfig.from_bert(good, 3).hidden == 8
    with pytest.raises((TypeError, ValueError), match=error):
        PrefixConfig.from_bert(good | change, 3)


def test_weights_decay_and_biases_do_not(model):
    decayed, kept = parameter_groups(model, 0.1)
    assert all(parameter.dim() >= 2 for parameter in decayed["params"])
    assert all(parameter.dim() < 2 for parameter in kept["params"])
    assert kept["weight_decay"] == 0.0
    assert len(decayed["params"]) + len(kept["params"]) == len(list(model.parameters()))


def test_the_head_starts_the_same_from_the_same_seed():
    models = [PrefixModel(tiny.config()) for _ in range(2)]
    for model in models:
        head_init(model, seed=7)
    assert torch.equal(models[0].head_in.weight, models[1].head_in.weight)
    assert not torch.equal(models[0].head_in.weight[:3, :3], torch.zeros(3, 3))
