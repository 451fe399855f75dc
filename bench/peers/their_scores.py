"""Hugging Face's Decision Transformer trained as its paper's code for Gym trains, on data of this program.

Windows are drawn as there: an episode in proportion to its length, a step of it, and the 19 after it;
observations less their mean over their deviation. Numbered actions go in as rows of 0 and 1 and come out as
logits.

Axes: E episodes, T time steps, B windows, L steps of a window, D features, C numbers of an action.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.learners.heads import DETERMINISTIC, family_of
from engine.learners.published_transformer import PublishedTransformerKnobs
from engine.tasks.dataset import Act, Trajectories, collect
from engine.tasks.environment import Environment
from engine.tasks.sources import of_seeds
from engine.tasks.streams import Streams

CLIP = 0.25
WINDOW_PARTS = ("states", "actions", "returns_to_go", "timesteps", "attention_mask")


@dataclass(frozen=True)
class Given:
    """One seed's data as the model takes them: [E, T, …] and, apart, where the episodes end."""

    states: Tensor
    moves: Tensor
    returns_to_go: Tensor
    lengths: Tensor
    mean: Tensor
    deviation: Tensor


def their_scores(
    environment: Environment, data: Trajectories, knobs: PublishedTransformerKnobs, updates: int,
    target: float, episodes: int,
) -> Tensor:  # fmt: skip
    """[S] mean returns of as many episodes, asked for the target, a model trained on each seed's data."""
    scores = []
    for row in range(len(data.mask)):
        torch.manual_seed(row)
        own = of_seeds(data, [row])
        given = _given(environment, own)
        model = _trained(environment, given, knobs, updates)
        act = _actor(environment, model.eval(), given, knobs.context, target)
        streams = Streams((row,), "theirs", environment.device)
        with torch.no_grad():
            acted = collect(environment, act, episodes, streams, family=family_of(environment, DETERMINISTIC))
        scores.append(acted.mean_return)
    return torch.cat(scores)


def _given(environment: Environment, data: Trajectories) -> Given:
    mask = data.mask[0]
    states = data.observations[0]
    deviation, mean = torch.std_mean(states[mask].double(), dim=0)
    return Given(
        states=(states - mean.float()) / (deviation.float() + 1e-6),
        moves=_moves(environment, data.actions[0]),
        returns_to_go=data.returns_to_go[0] / environment.scale,
        lengths=mask.sum(dim=-1),
        mean=mean.float(),
        deviation=deviation.float() + 1e-6,
    )


def _moves(environment: Environment, actions: Tensor) -> Tensor:
    return actions if environment.dimensions else functional.one_hot(actions, environment.actions).float()


def _trained(environment: Environment, given: Given, knobs: PublishedTransformerKnobs, updates: int) -> Any:
    from transformers import DecisionTransformerConfig, DecisionTransformerModel

    model = DecisionTransformerModel(
        DecisionTransformerConfig(
            state_dim=environment.features, act_dim=given.moves.shape[-1], max_ep_len=environment.horizon,
            hidden_size=knobs.width, n_layer=knobs.layers, n_head=knobs.heads, n_positions=1024,
            activation_function="relu", resid_pdrop=knobs.dropout, attn_pdrop=knobs.dropout,
            embd_pdrop=knobs.dropout, action_tanh=environment.dimensions > 0,
            bos_token_id=None, eos_token_id=None,
        )
    ).train()  # fmt: skip
    optimiser = torch.optim.AdamW(model.parameters(), lr=knobs.learning_rate, weight_decay=knobs.weight_decay)
    for _ in range(updates):
        window = _window(given, knobs.batch, knobs.context)
        predicted = model(**window).action_preds
        counted = window["attention_mask"] > 0
        predicted, moves = predicted[counted], window["actions"][counted]
        if environment.dimensions:
            loss = functional.mse_loss(predicted, moves)
        else:
            loss = functional.cross_entropy(predicted, moves)  # a row of 0 and 1 is a distribution
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
    return model


def _window(given: Given, number: int, length: int) -> dict[str, Tensor]:
    """`number` stretches [B, L, …]; what is beyond an episode's end is masked."""
    episode = torch.multinomial(given.lengths.double(), number, replacement=True)
    ends = given.lengths[episode, None]
    first = (torch.rand(number, 1).double() * ends).long()
    times = first + torch.arange(length)
    at = (episode[:, None], torch.minimum(times, ends - 1))
    parts = given.states[at], given.moves[at], given.returns_to_go[at][..., None]
    return dict(zip(WINDOW_PARTS, (*parts, at[1], (times < ends).long()), strict=True))


def _actor(environment: Environment, model: Any, given: Given, context: int, target: float) -> Act:
    """How it acts from the start of episodes: from its last steps, computed anew at each."""
    history: list[list[Tensor]] = []
    asked = torch.empty(0)

    def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:
        nonlocal asked
        if time == 0:
            history.clear()
            asked = torch.full(observation.shape[1:2], target)
        else:
            history[-1][1] = _moves(environment, action[0])
        asked = asked - reward[0]
        state = (observation[0] - given.mean) / given.deviation
        times = torch.full_like(asked, time, dtype=torch.int64)
        nothing = torch.zeros(len(state), given.moves.shape[-1])
        history.append([state, nothing, asked[:, None] / environment.scale, times, torch.ones_like(times)])
        del history[:-context]
        parts = (torch.stack(part, dim=1) for part in zip(*history, strict=True))
        told: Tensor = model(**dict(zip(WINDOW_PARTS, parts, strict=True))).action_preds[:, -1]
        return (told if environment.dimensions else told.softmax(dim=-1))[None]

    return act
