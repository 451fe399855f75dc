"""A task given as tables in a NumPy file (.npz), and the text that a run keeps of it.

`read` turns the file into a canonical text (one JSON object, its transitions listed one by one), and
`parse` turns that text into the task. A specification holds the text, so that a recording, its replays
and its forks need no other file, and stay plain data. Nothing is ever unpickled.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import UserError
from engine.tasks import size
from engine.tasks.grid import reward_unit
from engine.tasks.table_archive import Arrays, first_line, read_arrays
from engine.tasks.tabular import TabularTask

LONGEST_HORIZON = 10_000
TOLERANCE = 1e-6  # float32 tables are renormalised; anything further off is a mistake


def read(path: Path) -> str:
    """The canonical text of a table file.

    Raises:
        UserError: for anything malformed; the message names the array, the entry and what is expected.
    """
    arrays = read_arrays(path)
    try:
        return _text(_checked(arrays))
    except UserError as error:
        raise UserError(f"{path.name}: {error}") from None


def _checked(given: Arrays) -> dict[str, Any]:
    """The canonical data of the arrays, every entry looked at."""
    p = given["P"]
    if p.ndim != 3 or p.shape[0] != p.shape[2] or 0 in p.shape:
        raise UserError(f"P has shape {p.shape}; expected (states, actions, states)")
    states, actions = p.shape[:2]
    shapes: dict[str, tuple[tuple[int, ...], ...]] = {
        "R": (p.shape, p.shape[:2]), "start": ((states,),), "terminal": ((states,),),
        "base": ((states, actions),), "horizon": ((),), "reward_unit": ((),), "outcome": ((states,),),
        "state_names": ((states,),), "action_names": ((actions,),),
    }  # fmt: skip
    for name, allowed in shapes.items():
        if name in given and given[name].shape not in allowed:
            raise UserError(
                f"{name} has shape {given[name].shape}; expected {' or '.join(map(str, allowed))}"
            )
    terminal = _each(given, "terminal", lambda x: (x == 0) | (x == 1), "true or false, 1 or 0") == 1
    horizon = _whole(given, "horizon", 1, LONGEST_HORIZON)
    live = ~terminal
    start = _distribution(given["start"].astype(np.float64)[None], lambda _: "start")[0]
    if np.any(start[terminal] > 0):
        raise UserError(
            f"start[{np.flatnonzero((start > 0) & terminal)[0]}] is on a terminal state; expected 0 there"
        )
    # What stands in the rows of terminal states does not count: nobody acts there.
    base = np.full((states, actions), 1 / actions)
    alive = np.flatnonzero(live)
    base[live] = _distribution(given["base"].astype(np.float64)[live], lambda row: f"base[{alive[row]}]")
    chances = _distribution(
        p.astype(np.float64)[live].reshape(-1, states),
        lambda row: f"P[{alive[row // actions]},{row % actions}]",
    ).reshape(-1, actions, states)
    source, action, target = np.nonzero(chances)
    probability, source = chances[source, action, target], alive[source]
    pays = given["R"].astype(np.float64)
    at = (source, action, target) if pays.ndim == 3 else (source, action)
    reward = pays[at]
    entries = np.stack(at, axis=1)
    _no_bad(~np.isfinite(reward), entries, "R", reward, "a finite number")
    if "reward_unit" in given:
        unit = float(given["reward_unit"])
        if not (unit > 0 and math.isfinite(unit)):
            raise UserError(f"reward_unit is {unit:g}; allowed: a number above 0")
    else:
        unit = reward_unit(np.unique(reward).tolist())
    steps = reward / unit
    _no_bad(
        np.abs(steps - np.rint(steps)) > 1e-6, entries, "R", reward,
        f"a whole multiple of reward_unit {unit:g}; round R, or give a finer reward_unit",
    )  # fmt: skip
    outcome = np.full(states, -1)
    if "outcome" in given:
        outcome = _each(given, "outcome", lambda x: (x >= -1) & (x < states) & (x == np.rint(x)),
                        f"whole numbers from -1 (none) to {states - 1}").astype(np.int64)  # fmt: skip
    else:
        outcome[terminal] = np.arange(terminal.sum())
    state_names = _names(given, "state_names", [f"state {state}" for state in range(states)])
    ends = (
        [f"outcome {number}" for number in range(outcome.max() + 1)]
        if "outcome" in given
        else [state_names[state] for state in np.flatnonzero(terminal)]
    )
    outcome_names = _names(given, "outcome_names", ends)
    if len(outcome_names) < len(ends):
        raise UserError(f"outcome_names has {len(outcome_names)} names; expected {len(ends)}")
    return {
        "kind": "table",
        "horizon": horizon,
        "reward_unit": unit,
        "terminal": terminal.astype(int).tolist(),
        "start": start.tolist(),
        "base": base.tolist(),
        "outcome": outcome.tolist(),
        "state_names": state_names,
        "action_names": _names(given, "action_names", [f"action {number}" for number in range(actions)]),
        "outcome_names": outcome_names,
        "transitions": {
            "state": source.tolist(),
            "action": action.tolist(),
            "next": target.tolist(),
            "probability": probability.tolist(),
            "reward": reward.tolist(),
        },
    }


def _distribution(rows: np.ndarray, called: Any) -> np.ndarray:
    """Rows [..., n] that each sum to 1, exactly so after rounding; `called` names a row."""
    wrong = np.argwhere(~((rows >= 0) & np.isfinite(rows)))
    if len(wrong):
        row, column = wrong[0]
        place = called(int(row))
        inside = f"{place.removesuffix(']')},{column}]" if "[" in place else f"{place}[{column}]"
        raise UserError(f"{inside} is {rows[row, column]:g}; expected a probability, from 0 to 1")
    sums = rows.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1) > TOLERANCE)
    if len(off):
        raise UserError(f"{called(int(off[0]))} sums to {sums[off[0]]:g}; expected 1")
    return np.asarray(rows / sums[:, None])


def _no_bad(bad: np.ndarray, entries: np.ndarray, array: str, values: np.ndarray, expected: str) -> None:
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        place = ",".join(map(str, entries[first]))
        raise UserError(f"{array}[{place}] is {values[first]:g}; expected {expected}")


def _each(given: Arrays, name: str, good: Any, expected: str) -> np.ndarray:
    values = given[name].astype(np.float64)
    _no_bad(~good(values), np.arange(len(values))[:, None], name, values, expected)
    return values


def _whole(given: Arrays, name: str, low: int, high: int) -> int:
    value = float(given[name])
    if not (low <= value <= high and value == round(value)):
        raise UserError(f"{name} is {value:g}; allowed: whole numbers from {low} to {high}")
    return int(value)


def _names(given: Arrays, name: str, otherwise: list[str]) -> list[str]:
    if name not in given:
        return otherwise
    if given[name].ndim != 1:
        raise UserError(f"{name} has shape {given[name].shape}; expected a list of names")
    return [str(word) for word in given[name]]


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def is_table(text: str) -> bool:
    """Whether a task's text is a table's, and not a drawing's."""
    return text.startswith("{")


def parse(text: str, name: str) -> TabularTask:
    """Build the task that a canonical text describes.

    Raises:
        UserError: for a text that is none; it may have come with a recording from elsewhere.
    """
    try:
        return _task(json.loads(text), name)
    except UserError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
        raise UserError(
            f"task {name}: its table is damaged ({type(error).__name__}: {first_line(error)})"
        ) from None


def _task(data: Mapping[str, Any], name: str) -> TabularTask:
    base = np.array(data["base"], dtype=np.float64)
    states, actions = base.shape
    moves = data["transitions"]
    state, action, target = (np.array(moves[key], dtype=np.int64) for key in ("state", "action", "next"))
    probability, reward = (np.array(moves[key], dtype=np.float64) for key in ("probability", "reward"))
    terminal = np.array(data["terminal"], dtype=np.bool_)
    start = np.array(data["start"], dtype=np.float64).reshape(states)
    if np.any((state < 0) | (state >= states) | (action < 0) | (action >= actions)):
        raise ValueError("a transition starts nowhere")
    if not all(
        np.isfinite(array).all() for array in (base, start, probability, reward, [data["reward_unit"]])
    ):
        raise ValueError("a number is not finite")
    horizon = int(data["horizon"])
    if not 1 <= horizon <= LONGEST_HORIZON:
        raise ValueError(f"horizon is {horizon}")
    # The transitions of one state and action stand side by side, and are numbered along it.
    rows = state * actions + action
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    branch = np.arange(len(rows)) - np.searchsorted(rows, rows)
    shape = (states, actions, int(branch.max(initial=0)) + 1)
    size.check(f"task {name}", {"states": states, "actions": actions, "successors": shape[2]})
    at = (rows // actions, rows % actions, branch)
    next_state = np.zeros(shape, dtype=np.int64)
    chances, pays = np.zeros(shape), np.zeros(shape)
    next_state[at], chances[at], pays[at] = target[order], probability[order], reward[order]
    next_state[terminal], chances[terminal], pays[terminal] = 0, 0.0, 0.0
    next_state[terminal, :, 0] = np.flatnonzero(terminal)[:, None]
    chances[terminal, :, 0] = 1.0
    state_names, action_names, outcome_names = (
        tuple(map(str, data[key])) for key in ("state_names", "action_names", "outcome_names")
    )
    outcome = np.array(data["outcome"], dtype=np.int64)
    if not (
        terminal.shape == outcome.shape == (states,) == (len(state_names),)
        and len(action_names) == actions
        and np.all((outcome >= -1) & (outcome < len(outcome_names)))
    ):
        raise ValueError("its parts do not fit together")
    return TabularTask(
        name=name,
        help=f"A task given as tables in {name}.npz.",
        horizon=horizon,
        next_state=next_state,
        probability=chances,
        reward=pays,
        terminal=terminal,
        start=start,
        base=base,
        outcome=outcome,
        outcome_names=outcome_names,
        action_names=action_names,
        state_names=state_names,
        reward_unit=float(data["reward_unit"]),
    )
