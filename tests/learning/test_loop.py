from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

import toy  # noqa: E402

from tuili.errors import NumericalError, ResumeError, UsageError  # noqa: E402
from tuili.learning.batches import Batch, TokenBudget  # noqa: E402
from tuili.learning.checkpoints import CheckpointStore  # noqa: E402
from tuili.learning.loop import Trainer  # noqa: E402
from tuili.learning.objectives import SoftmaxCrossEntropy  # noqa: E402
from tuili.learning.outcome import Evaluation  # noqa: E402
from tuili.learning.precision import Precision  # noqa: E402
from tuili.learning.schedules import Schedule  # noqa: E402
from tuili.learning.settings import Settings  # noqa: E402

CPU = torch.device("cpu")
QUICK = {"rate": 0.03, "precision": "fp32", "epochs": 4}


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trainer(store=None, *, evaluate=toy.evaluate, batches=None, model=None, watch=None, run="a", **settings) -> Trainer:
    return Trainer(
        model or toy.Toy(),
        batches or toy.batches(),
        SoftmaxCrossEntropy(),
        Settings(**QUICK | settings),
        evaluate,
        store,
        run,
        watch=watch or (lambda _: None),
    )


def weights(trained: Trainer) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in trained.model.state_dict().items()}


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns():
    moments = []
    run = trainer(watch=moments.append, epochs=15)
    outcome = run.fit()
    assert outcome.best.metrics["accuracy"] > 0.9
    assert outcome.steps == len(moments) == moments[-1].step
    assert moments[-1].share == 1.0
    assert sum(m.loss for m in moments[-5:]) < sum(m.loss for m in moments[:5])
    assert sum(m.size for m in moments) == 15 * 60


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    """D4."""
    runs = [trainer(seed=seed) for seed in (1, 1, 2)]
    for run in runs:
        run.fit()
    assert equal(weights(runs[0]), weights(runs[1]))
    assert not equal(weights(runs[0]), weights(runs[2]))


def test_the_best_weights_are_those_that_stay():
    scores = iter([0.5, 0.9, 0.9, 0.1])
    kept = []

    def evaluate(model):
        kept.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return Evaluation((next(scores),), {})

    run = trainer(evaluate=evaluate)
    outcome = run.fit()
    assert outcome.best.score == (0.9,)
    assert outcome.best_step == len(toy.batches().epoch(0)) + len(toy.batches().epoch(1))
    assert equal(weights(run), kept[1])


def test_patience_ends_a_run_that_no_longer_gets_better():
    scores = iter([0.5, 0.4, 0.3, 0.2, 0.9])
    run = trainer(evaluate=lambda _: Evaluation((next(scores),), {}), patience=2, epochs=5)
    outcome = run.fit()
    assert outcome.stopped_early
    assert outcome.best.score == (0.5,)
    assert next(scores) == 0.2


def test_evaluations_may_come_every_so_many_steps_and_steps_may_be_counted():
    moments = []
    trainer(watch=moments.append, steps=11, evaluate_every=4).fit()
    assert [m.step for m in moments if m.metrics] == [4, 8, 11]
    assert moments[-1].share == 1.0


def test_two_batches_in_turn_make_the_step_of_their_union():
    """Gradients are weighted by rows, so the size of the parts does not matter."""
    items = toy.points(7)
    parts = [items[:2], items[2:]]

    class Fixed:
        def __init__(self, groups):
            self.groups = groups

        def epoch(self, number):
            return [toy.collate(group) for group in self.groups]

    runs = [
        trainer(batches=Fixed(groups), model=toy.Toy(dropout=0.0), accumulate=accumulate, evaluate=None)
        for groups, accumulate in ((parts, 2), ([items], 1))
    ]
    for run in runs:
        assert run.fit().steps == 4
    for one, other in zip(weights(runs[0]).values(), weights(runs[1]).values(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_rows_of_no_weight_teach_nothing():
    def doubled(items):
        batch = toy.collate(items)
        wrong = toy.Points(torch.cat([batch.inputs.coordinates] * 2))
        targets = torch.cat([batch.targets, 1 - batch.targets])
        return Batch(wrong, targets, torch.cat([batch.weights, torch.zeros(len(items))]), len(items))

    plain = toy.batches()
    other = TokenBudget(plain.items, plain.cost, doubled, plain.budget, plain.seed, run=plain.run)
    runs = [trainer(batches=batches, model=toy.Toy(dropout=0.0)) for batches in (plain, other)]
    for run in runs:
        run.fit()
    for one, same in zip(*(weights(run).values() for run in runs), strict=True):
        torch.testing.assert_close(one, same, atol=1e-5, rtol=1e-4)


def test_clipping_bounds_the_gradient():
    moments = []
    tight = trainer(clip=1e-9, watch=moments.append, rate=0.1, schedule=Schedule(0.0, "constant"), weight_decay=0.0)
    before = weights(tight)
    tight.fit()
    assert max(m.gradient_norm for m in moments) > 1e-3  # as it was before
    # Adam divides by the gradient's own size; only eps, larger than what is left of it, shows that it was cut
    assert all((before[name] - after).abs().max() < 0.1 for name, after in weights(tight).items())


@pytest.mark.parametrize("at", [1, 9])
def test_a_run_that_dies_goes_on_and_ends_with_the_same_bits(tmp_path, at):
    whole = trainer()
    whole.fit()
    store = CheckpointStore(tmp_path)

    def die(moment):
        if moment.step == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(store, watch=die, save_every=0.0).fit()
    again = trainer(store, save_every=0.0)
    outcome = again.fit()
    assert outcome.resumed_at == at - 1
    assert equal(weights(again), weights(whole))
    assert len(store.numbers()) == 2
    finished = trainer(store)
    assert finished.fit().resumed_at == outcome.steps
    assert equal(weights(finished), weights(whole))


def test_patience_and_the_best_survive_a_death(tmp_path):
    store = CheckpointStore(tmp_path)
    scores = iter([0.9, 0.5, KeyboardInterrupt, 0.4, 0.3])

    def evaluate(_):
        score = next(scores)
        if score is KeyboardInterrupt:
            raise KeyboardInterrupt
        return Evaluation((score,), {"accuracy": score})

    with pytest.raises(KeyboardInterrupt):
        trainer(store, evaluate=evaluate, patience=3, epochs=9).fit()
    outcome = trainer(store, evaluate=evaluate, patience=3, epochs=9).fit()
    assert outcome.stopped_early
    assert outcome.best == Evaluation((0.9,), {"accuracy": 0.9})


def test_checkpoints_of_another_run_are_refused(tmp_path):
    trainer(CheckpointStore(tmp_path)).fit()
    with pytest.raises(ResumeError, match="another run"):
        trainer(CheckpointStore(tmp_path), run="b").fit()


def test_a_loss_that_is_not_finite_stops_the_run_and_the_last_good_checkpoint_stays(tmp_path):
    class Breaking(toy.Toy):
        calls = 0

        def forward(self, points):
            self.calls += self.training
            return super().forward(points) * (math.nan if self.calls > 24 else 1.0)

    model, store = Breaking(), CheckpointStore(tmp_path)
    with pytest.raises(NumericalError, match=r"step 25 .*checkpoint, of step \d+, is kept in .*lower --rate"):
        trainer(store, model=model).fit()
    assert all(torch.isfinite(tensor).all() for tensor in model.state_dict().values())
    kept = store.load()
    assert kept.number == store.numbers()[-1]
    fresh = trainer(store)
    assert fresh.fit().resumed_at == kept.number


def test_an_evaluation_that_is_not_finite_stops_the_run_and_is_no_best(tmp_path):
    losses = iter([0.1, math.nan])
    store = CheckpointStore(tmp_path)

    def evaluate(_):
        loss = next(losses)
        return Evaluation((0.5, -loss), {"dev_loss": loss})

    with pytest.raises(NumericalError, match=r"evaluation after step \d+ is not finite; the last good checkpoint"):
        trainer(store, evaluate=evaluate).fit()
    assert store.load().record["place"]["best_score"] == [0.5, -0.1]


def test_a_gradient_that_is_not_finite_is_not_stepped_on():
    class Steep(toy.Toy):
        def forward(self, points):
            found = super().forward(points)
            if self.training:
                found.register_hook(lambda gradient: gradient * math.inf)
            return found

    model = Steep()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(NumericalError, match="gradient of step 1"):
        trainer(model=model).fit()
    assert equal(before, dict(model.state_dict()))


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_out_of_memory_names_the_remedy(error):
    class Large(toy.Toy):
        def forward(self, points):
            raise error

    with pytest.raises(UsageError, match=r"halve --batch-tokens and double --accumulate"):
        trainer(model=Large()).fit()


def test_other_errors_are_not_dressed_up():
    class Wrong(toy.Toy):
        def forward(self, points):
            raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        trainer(model=Wrong()).fit()


def test_frozen_parameters_neither_move_nor_fill_checkpoints(tmp_path):
    model, store = toy.Toy(), CheckpointStore(tmp_path)
    model.layers[0].requires_grad_(requires_grad=False)
    before = model.layers[0].weight.clone()
    trainer(store, model=model).fit()
    assert torch.equal(before, model.layers[0].weight)
    assert b"layers.0.weight" not in store.load().files["model.safetensors"]


def test_precision_in_bf16_still_learns_and_weights_stay_float32():
    run = trainer(precision="bf16", epochs=15)
    assert run.fit().best.metrics["accuracy"] > 0.85
    assert {tensor.dtype for tensor in run.model.state_dict().values()} == {torch.float32}


def test_precisions_that_can_not_be_are_refused():
    with pytest.raises(UsageError, match="fp16 needs a GPU"):
        Precision.named("fp16", CPU)
    with pytest.raises(UsageError, match="one of auto"):
        Precision.named("fp8", CPU)
    assert Precision.named("auto", CPU).name in ("fp32", "bf16")


@pytest.mark.parametrize(
    "options", [{"epochs": 0}, {"accumulate": 0}, {"steps": 0}, {"patience": 0}, {"rate": 0.0}, {"rate": math.nan}]
)
def test_settings_that_can_not_be_are_refused(options):
    with pytest.raises(UsageError, match=next(iter(options))):
        Settings(**options)


def test_an_epoch_without_a_batch_is_refused():
    with pytest.raises(UsageError, match="nothing to train on"):
        trainer(batches=toy.batches(count=0)).fit()
