"""The physics of classic control as pure functions of tensors: the dynamics of Gymnasium's own environments.

Every constant and formula is that of `gymnasium.envs.classic_control`, in doubles as there: a step from the
same state differs by a few roundings at most.
"""

import math

import torch
from torch import Tensor

from engine.tasks.cart_pole import bind_cart
from engine.tasks.system import System, bound

GRAVITY = 9.8  # m/s²

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


# The shortest: CartPole's angle of .05 that grows by .05 rad/s and speeds up by at most 18.1 rad/s² is .2090
# after seven steps, and .2094 is the limit. MountainCar's speed grows by at most .0035 a step, which leads
# .886 far in 22 steps, and the goal is .9 away.
SYSTEMS = {
    "CartPole-v1": System((-0.05,) * 4, (0.05,) * 4, bind_cart, (1.0, 1.0), shortest=8),
    "Acrobot-v1": System((-0.1,) * 4, (0.1,) * 4, bound(move_acrobot), (-1.0, 0.0), see_acrobot),
    "MountainCar-v0": System((-0.6, 0.0), (-0.4, 0.0), bound(move_car), (-1.0, -1.0), shortest=23),
}
