"""The physics of classic control as pure functions of tensors: the dynamics of Gymnasium's own environments.

Every constant and formula is that of `gymnasium.envs.classic_control`, in doubles as there: a step from the
same state differs by a few roundings at most. A state [C, …] leads
with its variables; the other axes are any episodes, all moved at once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

# (state [C, …], action […] int64) -> (state [C, …], reward […] float32, terminated […] bool)
Move = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]


@dataclass(frozen=True)
class System:
    """What moves, and how.

    Attributes:
        low, high: [C] bounds that each variable of a first state is drawn between, uniformly.
        move: one step; the time limit is not its concern.
        observe: state [C, …] -> observation [D, …].
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    move: Move
    observe: Callable[[Tensor], Tensor]

    def start(self, uniform: Tensor) -> Tensor:
        """First states [C, …] float32 from numbers [C, …] of [0, 1)."""
        shape = (-1, *[1] * (uniform.dim() - 1))
        low, high = (
            torch.tensor(bound, device=uniform.device).view(shape) for bound in (self.low, self.high)
        )
        return torch.addcmul(low, high - low, uniform)

    def seen(self, state: Tensor) -> Tensor:
        """Observations […, D] float32, as learners see them."""
        return self.observe(state).movedim(0, -1).to(torch.float32, memory_format=torch.contiguous_format)


def _as_it_is(state: Tensor) -> Tensor:
    return state


GRAVITY = 9.8  # m/s²


@cache  # made by the eager updates before any that is captured, which could not make it
def constant(value: float | tuple[float, ...], device: torch.device) -> Tensor:
    """Doubles where they are needed. A number of Python's costs an operation more."""
    return torch.tensor(value, dtype=torch.float64, device=device)


# CartPole: metres, kilograms, newtons, seconds, radians.
POLE_MASS, TOTAL_MASS = 0.1, 1.1
HALF_LENGTH = 0.5
FORCE = 10.0
CART_STEP = 0.02
WIDEST, STEEPEST = 2.4, 12 * 2 * math.pi / 360


def move_cart(state: Tensor, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """CartPole: position, velocity, angle, angular velocity; 1 pushes right, else left. A step pays 1."""
    _, velocity, angle, spin = state.unbind()
    sine, cosine = angle.sin(), angle.cos()
    push = action.double().sub_(0.5).mul_(2 * FORCE / TOTAL_MASS)
    push.addcmul_(spin * spin, sine, value=POLE_MASS * HALF_LENGTH / TOTAL_MASS)
    turn = (sine * GRAVITY).addcmul_(cosine, push, value=-1)
    inertia = constant(HALF_LENGTH * 4.0 / 3.0, state.device)
    turn /= torch.addcmul(inertia, cosine, cosine, value=-HALF_LENGTH * POLE_MASS / TOTAL_MASS)
    faster = push.addcmul_(turn, cosine, value=-POLE_MASS * HALF_LENGTH / TOTAL_MASS)
    moved = torch.add(state, torch.stack([velocity, faster, spin, turn]), alpha=CART_STEP)
    limits = constant((WIDEST, math.inf, STEEPEST, math.inf), state.device)
    fallen = (moved.abs() > limits.view(-1, *[1] * action.dim())).any(dim=0)
    return moved, torch.ones(action.shape, device=action.device), fallen


# Acrobot: two links of 1 m and 1 kg, centres in the middle, moments of inertia 1.
FASTEST = (4 * math.pi, 9 * math.pi)  # rad/s
SWING_STEP = 0.2  # seconds


def move_acrobot(state: Tensor, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Acrobot: two angles, two angular velocities; torque −1, 0 or 1 at the joint between the links, by one
    Runge-Kutta step of order four. A step costs 1, but for the one that brings the tip up."""
    torque = (action - 1).double()

    def slope(at: Tensor) -> Tensor:
        return _acrobot_slope(at, torque)

    first = slope(state)
    second = slope(state + SWING_STEP / 2 * first)
    third = slope(state + SWING_STEP / 2 * second)
    fourth = slope(state + SWING_STEP * third)
    moved = state + SWING_STEP / 6.0 * (first + 2 * second + 2 * third + fourth)
    upper, lower, fast, faster = moved.unbind()
    upper, lower = _wrapped(upper), _wrapped(lower)
    moved = torch.stack(
        [upper, lower, fast.clamp(-FASTEST[0], FASTEST[0]), faster.clamp(-FASTEST[1], FASTEST[1])]
    )
    up = -upper.cos() - (lower + upper).cos() > 1.0
    return moved, up.float() - 1, up


def _acrobot_slope(state: Tensor, torque: Tensor) -> Tensor:
    """d state / dt, as in Sutton and Barto's book, with Gymnasium's lengths, masses and inertias."""
    upper, lower, fast, faster = state.unbind()
    cosine, sine = lower.cos(), lower.sin()
    inertia = 0.25 + (1.25 + cosine) + 2.0
    coupling = (0.25 + 0.5 * cosine) + 1.0
    pull = 0.5 * GRAVITY * (upper + lower - math.pi / 2).cos()
    push = (
        -0.5 * faster.square() * sine
        - faster * fast * sine
        + 1.5 * GRAVITY * (upper - math.pi / 2).cos()
        + pull
    )
    share = coupling / inertia
    lower_turn = (torque + share * push - 0.5 * fast.square() * sine - pull) / (
        1.25 - coupling.square() / inertia
    )
    upper_turn = -(coupling * lower_turn + push) / inertia
    return torch.stack([fast, faster, upper_turn, lower_turn])


def _wrapped(angle: Tensor) -> Tensor:
    """Into −π … π, by whole turns."""
    turns = ((angle.abs() - math.pi) / (2 * math.pi)).ceil().clamp(min=0)
    return angle - angle.sign() * turns * (2 * math.pi)


def see_acrobot(state: Tensor) -> Tensor:
    """Cosine and sine of both angles, and both angular velocities."""
    upper, lower, fast, faster = state.unbind()
    return torch.stack([upper.cos(), upper.sin(), lower.cos(), lower.sin(), fast, faster])


# MountainCar: a position on a sine, and the goal near its top.
LEFTMOST, RIGHTMOST, GOAL = -1.2, 0.6, 0.5
TOP_SPEED = 0.07


def move_car(state: Tensor, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """MountainCar: position, velocity; push left, not at all, right. A step costs 1."""
    position, velocity = state.unbind()
    velocity = velocity + ((action - 1).double() * 0.001 + (3 * position).cos() * -0.0025)
    velocity = velocity.clamp(-TOP_SPEED, TOP_SPEED)
    position = (position + velocity).clamp(LEFTMOST, RIGHTMOST)
    velocity = torch.where((position == LEFTMOST) & (velocity < 0), 0.0, velocity)
    there = (position >= GOAL) & (velocity >= 0)
    return torch.stack([position, velocity]), torch.full_like(position, -1.0, dtype=torch.float32), there


SYSTEMS = {
    "CartPole-v1": System((-0.05,) * 4, (0.05,) * 4, move_cart, _as_it_is),
    "Acrobot-v1": System((-0.1,) * 4, (0.1,) * 4, move_acrobot, see_acrobot),
    "MountainCar-v0": System((-0.6, 0.0), (-0.4, 0.0), move_car, _as_it_is),
}
