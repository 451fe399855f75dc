"""The published Decision Transformer: the loss of Hugging Face's, what is dropped, what it refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from learner_builders import CPU, learner
from safetensors.torch import load_file

from bench.peers.same_loss import Shape, our_loss
from engine.errors import UserError
from engine.learners.gpt2 import dropout, whole
from engine.learners.knobs import turned
from engine.learners.optimiser import AdamW
from engine.learners.published_transformer import PublishedTransformer
from engine.learners.sequence_predictor import prediction_loss
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment

FIXTURE = Path(__file__).parent.parent / "fixtures" / "decision_transformer.safetensors"
SMALL = {"data_episodes": 64, "batch": 8, "layers": 2, "heads": 2, "width": 16}


def split(tensors: dict[str, torch.Tensor], kind: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(kind): one for name, one in tensors.items() if name.startswith(kind)}


@pytest.mark.parametrize("kind", ["numbered", "box"])
def test_its_loss_is_hugging_faces(kind: str) -> None:
    """Weights, batch and loss of `python -m bench.peers.same_loss --fixture` (transformers 5.24.0)."""
    kept = load_file(FIXTURE)
    environment, sizes = Shape(3, 3, 8, box=kind == "box"), {"layers": 2, "heads": 2, "width": 8}
    expected = float(kept[f"loss.{kind}"])
    theirs, batch = split(kept, "weights."), split(kept, "batch.")
    # Both are sums of a few terms near 1, with seven digits each.
    assert our_loss(environment, theirs, batch, **sizes) == pytest.approx(expected, abs=2e-6)
    for name, tensor in theirs.items():  # each weight matters, so that agreement means something
        if name == "encoder.wpe.weight":
            tensor = tensor[:1]
        moved = {**theirs, name: theirs[name].clone()}
        moved[name][: len(tensor)] += 0.1 * torch.arange(1.0, 1 + tensor.numel()).sin().reshape(tensor.shape)
        loss = our_loss(environment, moved, batch, **sizes)
        assert abs(loss - expected) > 1e-5, name


def test_dropout_keeps_the_mean_and_is_each_seeds_own() -> None:
    ones = torch.ones(3, 40, 50, 10)
    dropped = dropout(Streams((0, 1, 2), "test", CPU), 0.25)(ones)
    assert sorted(dropped.unique().tolist()) == pytest.approx([0.0, 4 / 3])
    # 20,000 draws of a fair .75 : five standard deviations of the mean of what is 0 or 4/3.
    assert dropped.flatten(1).mean(dim=1).tolist() == pytest.approx(
        [1.0] * 3, abs=5 * (1 / 3 / 20_000) ** 0.5
    )
    alone = dropout(Streams((1,), "test", CPU), 0.25)(ones[:1])
    assert torch.equal(alone[0], dropped[1])
    assert not torch.equal(dropped[0], dropped[1])
    assert dropout(Streams((0,), "test", CPU), 0.0) is whole


def test_what_is_dropped_in_training_is_not_when_it_acts() -> None:
    environment = TabularEnvironment(load("crossroads"), CPU)
    transformer = learner("published_transformer", environment, (0,), SMALL)
    assert isinstance(transformer, PublishedTransformer)
    window = transformer.windows.drawn(transformer.streams, 4)
    plain = transformer.logits(window, training=False)
    assert torch.equal(plain, transformer.logits(window, training=False))
    assert not torch.equal(plain, transformer.logits(window, training=True))
    transformer.knobs = turned(transformer.knobs, "dropout", 0.0)
    assert torch.equal(plain, transformer.logits(window, training=True))


def test_attention_with_dropout_is_attention_without_where_nothing_falls() -> None:
    """With a rate of 2⁻²⁰ all is kept, but attention goes the long way."""
    environment = TabularEnvironment(load("crossroads"), CPU)
    transformer = learner("published_transformer", environment, (0, 1), {**SMALL, "dropout": 2.0**-20})
    assert isinstance(transformer, PublishedTransformer)
    window = transformer.windows.drawn(transformer.streams, 4)
    long, short = (transformer.logits(window, training=training) for training in (True, False))
    assert long.detach().numpy() == pytest.approx(short.detach().numpy(), abs=1e-6)


@pytest.fixture(scope="module")
def cartpole() -> Iterator[GymnasiumEnvironment]:
    environment = GymnasiumEnvironment("CartPole-v1", CPU)
    yield environment
    environment.close()


@pytest.mark.parametrize("tokens", ["three", "one"])
def test_it_learns_and_acts_on_features_too(tokens: str, cartpole: GymnasiumEnvironment) -> None:
    transformer = learner(
        "published_transformer",
        cartpole,
        (0, 1),
        {**SMALL, "tokens": tokens, "batch": 64, "learning_rate": 0.003},
    )
    first = transformer.update()["loss"]
    for _ in range(40):
        last = transformer.update()["loss"]
    assert torch.all(last < first - 0.005)
    rollout = transformer.rollout(40.0, 4)  # longer than the context, so that the window slides
    assert torch.equal(rollout.returns, rollout.lengths.float())
    assert int(rollout.lengths.max()) > 20


def test_its_steps_are_those_of_adamw_with_a_rate_that_warms_up() -> None:
    """As the paper's code steps: torch's AdamW on all weights, a LambdaLR of min((n + 1) / warm-up, 1), the
    gradient clipped at a quarter. Six steps, of which four warm up."""
    knobs = {**SMALL, "dropout": 0.0, "learning_rate": 0.01, "weight_decay": 0.5, "warm_up": 4}
    environment = TabularEnvironment(load("crossroads"), CPU)
    ours, theirs = (learner("published_transformer", environment, (3,), knobs) for _ in range(2))
    assert isinstance(ours, PublishedTransformer)
    assert isinstance(theirs, PublishedTransformer)
    parameters = list(theirs.network.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.5)
    warmed = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda steps: min((steps + 1) / 4, 1))
    for step in range(6):
        assert ours.fixed == (step >= 4)
        told = ours.update()
        window = theirs.windows.drawn(theirs.streams, theirs.knobs.batch)
        loss = prediction_loss(theirs.logits(window, training=True), window)
        assert torch.allclose(told["loss"], loss, rtol=1e-4)
        optimiser.zero_grad()
        loss.sum().backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 0.25)
        assert norm > 0.25  # so that clipping is seen
        optimiser.step()
        warmed.step()
        # A weight moves by up to the rate a step; Adam's first steps divide small differences by small roots.
        for mine, other in zip(ours.network.parameters(), parameters, strict=True):
            assert torch.allclose(mine, other, rtol=0, atol=1e-5)


def test_a_seed_whose_turn_it_is_not_does_not_decay() -> None:
    weights = torch.nn.Parameter(torch.ones(2, 3))
    optimiser = AdamW([weights], decay=0.5)
    optimiser.step((weights * 0).sum(1), 0.1, active=torch.tensor([True, False]))
    assert torch.equal(weights[1], torch.ones(3))
    assert torch.allclose(weights[0], torch.full((3,), 0.95))


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    environment = TabularEnvironment(load("crossroads"), CPU)
    with pytest.raises(UserError, match="3 do not divide the width 16; allowed: 1, 2, 4, 8, 16"):
        learner("published_transformer", environment, (0,), {**SMALL, "heads": 3})
