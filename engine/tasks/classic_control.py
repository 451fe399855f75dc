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

Step = Callable[[Tensor], Tensor]  # action […] int64 -> terminated […] bool
# (state [C, …], place [C, …] for what it moves to) -> a step from what is in the one into the other
Bind = Callable[[Tensor, Tensor], Step]


@dataclass(frozen=True)
class System:
    """What moves, and how.

    Attributes:
        low, high: [C] bounds that each variable of a first state is drawn between, uniformly.
        bind: to the places where states are and will be, before the steps that are taken there; the time
            limit is not its concern.
        pays: reward units for a step, and for one that terminates.
        observe: states […, C] -> observations […, D]; None where they are the states.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    bind: Bind
    pays: tuple[float, float]
    observe: Callable[[Tensor], Tensor] | None = None

    def move(self, state: Tensor, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One step from states [C, …] by actions […] int64: states [C, …], rewards […] float32 and which […]
        terminated."""
        moved = torch.empty_like(state)
        terminated = self.bind(state, moved)(action)
        return moved, self.rewards(terminated), terminated

    def rewards(self, terminated: Tensor) -> Tensor:
        """[…] float32 of steps, by whether they terminated."""
        return torch.where(terminated, self.pays[1], self.pays[0])

    def start(self, uniform: Tensor, place: Tensor) -> Tensor:
        """First states from numbers [C, …] of [0, 1), put where `place` [C, …] float32 says."""
        for own, low, high, into in zip(uniform, self.low, self.high, place, strict=True):
            least, most = torch.tensor(low), torch.tensor(high)
            torch.add(least, own, alpha=float(most - least), out=into)
        return place

    def seen(self, states: Tensor, laid: torch.memory_format = torch.contiguous_format) -> Tensor:
        """Observations […, D] float32 of states […, C], as learners see them; `laid` out in memory in that
        order, or as the states are."""
        told = states if self.observe is None else self.observe(states)
        return told.to(torch.float32, memory_format=laid)


def _bound(move: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> Bind:
    """From what moves states [C, …] by actions […] to new ones, and tells which […] terminated."""

    def bind(state: Tensor, place: Tensor) -> Step:
        def step(action: Tensor) -> Tensor:
            moved, terminated = move(state, action)
            place.copy_(moved)
            return terminated

        return step

    return bind


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


def bind_cart(state: Tensor, place: Tensor) -> Step:
    """CartPole: position, velocity, angle, angular velocity; 1 pushes right, else left.

    For few episodes a step's time is the number of its operations, so all that can be is done beforehand.
    """
    _, _, angle, spin = state.unbind()
    at, speed = state[::2], state[1::2]
    next_at, next_speed = place[::2], place[1::2]
    forces = constant((-FORCE / TOTAL_MASS, FORCE / TOTAL_MASS), state.device)
    inertia = constant(HALF_LENGTH * 4.0 / 3.0, state.device)
    limits = constant((WIDEST, STEEPEST), state.device).view(-1, *[1] * angle.dim())
    slope, apart = torch.empty_like(at), torch.empty_like(at)
    push, turn = slope.unbind()
    sine, cosine, scratch = torch.empty_like(angle), torch.empty_like(angle), torch.empty_like(angle)
    out = torch.empty_like(at, dtype=torch.bool)
    off, down = out.unbind()

    def step(action: Tensor) -> Tensor:
        torch.sin(angle, out=sine)
        torch.cos(angle, out=cosine)
        torch.take(forces, action, out=push)
        torch.mul(spin, spin, out=scratch)
        push.addcmul_(scratch, sine, value=POLE_MASS * HALF_LENGTH / TOTAL_MASS)
        torch.mul(sine, GRAVITY, out=turn).addcmul_(cosine, push, value=-1)
        torch.addcmul(inertia, cosine, cosine, value=-HALF_LENGTH * POLE_MASS / TOTAL_MASS, out=scratch)
        turn.div_(scratch)
        push.addcmul_(turn, cosine, value=-POLE_MASS * HALF_LENGTH / TOTAL_MASS)
        torch.add(at, speed, alpha=CART_STEP, out=next_at)
        torch.add(speed, slope, alpha=CART_STEP, out=next_speed)
        torch.gt(torch.abs(next_at, out=apart), limits, out=out)
        return torch.logical_or(off, down)

    return step


# Acrobot: two links of 1 m and 1 kg, centres in the middle, moments of inertia 1.
FASTEST = (4 * math.pi, 9 * math.pi)  # rad/s
SWING_STEP = 0.2  # seconds


def move_acrobot(state: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
    """Acrobot: two angles, two angular velocities; torque −1, 0 or 1 at the joint between the links, by one
    Runge-Kutta step of order four. It ends with the tip up."""
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
    return moved, up


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


def see_acrobot(states: Tensor) -> Tensor:
    """Cosine and sine of both angles, and both angular velocities."""
    upper, lower, fast, faster = states.unbind(-1)
    return torch.stack([upper.cos(), upper.sin(), lower.cos(), lower.sin(), fast, faster], dim=-1)


# MountainCar: a position on a sine, and the goal near its top.
LEFTMOST, RIGHTMOST, GOAL = -1.2, 0.6, 0.5
TOP_SPEED = 0.07


def move_car(state: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
    """MountainCar: position, velocity; push left, not at all, right."""
    position, velocity = state.unbind()
    velocity = velocity + ((action - 1).double() * 0.001 + (3 * position).cos() * -0.0025)
    velocity = velocity.clamp(-TOP_SPEED, TOP_SPEED)
    position = (position + velocity).clamp(LEFTMOST, RIGHTMOST)
    velocity = torch.where((position == LEFTMOST) & (velocity < 0), 0.0, velocity)
    there = (position >= GOAL) & (velocity >= 0)
    return torch.stack([position, velocity]), there


SYSTEMS = {
    "CartPole-v1": System((-0.05,) * 4, (0.05,) * 4, bind_cart, (1.0, 1.0)),
    "Acrobot-v1": System((-0.1,) * 4, (0.1,) * 4, _bound(move_acrobot), (-1.0, 0.0), see_acrobot),
    "MountainCar-v0": System((-0.6, 0.0), (-0.4, 0.0), _bound(move_car), (-1.0, -1.0)),
}
