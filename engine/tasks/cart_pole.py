"""CartPole as Gymnasium has it: a cart with a pole on a hinge, pushed left or right."""

import math
from functools import cache

import torch
from torch import Tensor

from engine.tasks.arithmetic import Array, arithmetic
from engine.tasks.system import Step

# Metres, kilograms, newtons, seconds, radians.
POLE_MASS, TOTAL_MASS = 0.1, 1.1
HALF_LENGTH = 0.5
GRAVITY = 9.8
FORCE = 10.0
SECONDS = 0.02
WIDEST, STEEPEST = 2.4, 12 * 2 * math.pi / 360


def bind_cart(state: Tensor, place: Tensor, over: Tensor) -> Step:
    """Position x, velocity, angle θ, angular velocity; 1 pushes right, 0 left. With λ = m l / M:

        push = ±F / M + λ sin θ θ′²
        turn = θ″ = (g sin θ − cos θ push) / (4/3 l − λ cos² θ)
        x″ = push − λ cos θ turn

    and one step of Euler's. For few episodes a step's time is the number of its operations, so all that can
    be is done beforehand.
    """
    by = arithmetic(state.device)
    on = by.functions

    def number(value: float) -> Array:
        return by.of(constant(value, state.device))

    leftward, apart = number(FORCE / TOTAL_MASS), number(2 * FORCE / TOTAL_MASS)
    lever, inertia = number(POLE_MASS * HALF_LENGTH / TOTAL_MASS), number(HALF_LENGTH * 4.0 / 3.0)
    gravity, seconds = number(GRAVITY), number(SECONDS)
    limits = by.of(constant((WIDEST, STEEPEST), state.device).view(-1, *[1] * (state.dim() - 1)))
    angle, spin = state[2], by.of(state[3])
    at, speed, next_at, next_speed = map(by.of, (state[::2], state[1::2], place[::2], place[1::2]))
    pair = state[:2]  # as large as what there is twice, of the cart and of the pole
    into_sine, into_cosine = waves = torch.empty_like(pair)
    wave, levered, slope, change = map(by.of, (waves, *(torch.empty_like(pair) for _ in range(3))))
    (sine, cosine), (levered_sine, levered_cosine), (push, turn) = wave, levered, slope
    scratch = by.of(torch.empty_like(angle))
    beyond = by.of(torch.empty_like(pair, dtype=torch.bool))
    off, down = beyond
    fallen = by.of(over)

    def step(action: Tensor) -> None:
        torch.sin(angle, out=into_sine)  # of many, torch's are faster than NumPy's
        torch.cos(angle, out=into_cosine)
        on.multiply(wave, lever, out=levered)
        on.multiply(by.of(action), apart, out=push)
        on.subtract(push, leftward, out=push)
        on.multiply(spin, spin, out=scratch)
        on.multiply(scratch, levered_sine, out=scratch)
        on.add(push, scratch, out=push)
        on.multiply(cosine, push, out=scratch)
        on.multiply(sine, gravity, out=turn)
        on.subtract(turn, scratch, out=turn)
        on.multiply(levered_cosine, cosine, out=scratch)
        on.subtract(inertia, scratch, out=scratch)
        on.divide(turn, scratch, out=turn)
        on.multiply(levered_cosine, turn, out=scratch)
        on.subtract(push, scratch, out=push)
        on.multiply(speed, seconds, out=change)
        on.add(at, change, out=next_at)
        on.multiply(slope, seconds, out=change)
        on.add(speed, change, out=next_speed)
        on.absolute(next_at, out=change)
        on.greater(change, limits, out=beyond)
        on.logical_or(off, down, out=fallen)

    return step


@cache  # every simulation asks for them
def constant(value: float | tuple[float, ...], device: torch.device) -> Tensor:
    """Doubles where they are needed. A number of Python's costs an operation more."""
    return torch.tensor(value, dtype=torch.float64, device=device)
