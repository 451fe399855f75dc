"""One declaration a knob: slider, flag, recorded column, experiment key and documentation all read it.

A learner's knobs are a frozen dataclass whose fields are made by :func:`knob`::

    @dataclass(frozen=True)
    class ReinforceKnobs:
        learning_rate: float = knob(
            0.1, label="Learning rate", help="Step size of Adam.", low=1e-5, high=1.0, scale="log"
        )

Nothing here needs torch, so that the command line and the app can describe learners they never load.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from engine.errors import UserError, one_of

Value = float | int | bool | str
Scale = Literal["linear", "log"]
Where = Literal["", "table", "no table"]
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Knob:
    """What a person may turn, described as data. `low` and `high` are inclusive, in `unit`."""

    name: str
    label: str
    help: str
    default: Value
    kind: Literal["float", "int", "bool", "choice"]
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    scale: Scale = "linear"
    choices: tuple[str, ...] = ()
    steerable: bool = True  # may be turned while the run is live
    acts: bool = False  # changes how the policy acts, not only how it learns: a turn is visible at once
    only_on: Where = ""  # the tasks on which it has an effect: tabular ones, or those that are not

    def matters(self, *, tabular: bool) -> bool:
        """Whether it has any effect on such a task."""
        return self.only_on in ("", "table" if tabular else "no table")

    @property
    def where(self) -> str:
        """A sentence about where it has an effect; empty where it has one everywhere."""
        tasks = {"table": "tabular tasks", "no table": "tasks that are no table"}
        return f"No effect but on {tasks[self.only_on]}." if self.only_on in tasks else ""

    def validated(self, value: object) -> Value:
        """Return `value` as this knob's type.

        Raises:
            UserError: when it is of another kind or outside the range.
        """
        if self.kind == "choice":
            if value not in self.choices:
                raise one_of(f"knob {self.name}:", str(value), self.choices)
            return str(value)
        if self.kind == "bool":
            text = str(value).lower()
            if text not in ("true", "false", "1", "0"):
                raise one_of(f"knob {self.name}:", str(value), ("true", "false"))
            return text in ("true", "1")
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            raise UserError(
                f"knob {self.name}: '{value}' is not a number; allowed: {self.range_text}"
            ) from None
        if self.kind == "int" and not number.is_integer():
            raise UserError(f"knob {self.name}: {value} is not a whole number; allowed: {self.range_text}")
        if not self.low <= number <= self.high:  # also false for NaN
            raise UserError(f"knob {self.name}: {value} is out of range; allowed: {self.range_text}")
        return int(number) if self.kind == "int" else number

    @property
    def range_text(self) -> str:
        """The allowed values in words, with the unit."""
        if self.kind == "choice":
            return ", ".join(self.choices)
        if self.kind == "bool":
            return "true, false"
        unit = f" {self.unit}" if self.unit else ""
        if math.isinf(self.low) and math.isinf(self.high):
            return f"any {'whole ' if self.kind == 'int' else ''}number{f',{unit}' if unit else ''}"
        if math.isinf(self.high):
            return f"from {self.low:g}{unit}"
        if math.isinf(self.low):
            return f"up to {self.high:g}{unit}"
        return f"{self.low:g} to {self.high:g}{unit}"

    def as_data(self) -> dict[str, Any]:
        """Plain data for the catalogue; infinities become None so that JSON can carry them."""
        data = dataclasses.asdict(self)
        return {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in data.items()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Knob":
        """The inverse of :meth:`as_data`."""
        low, high = data["low"], data["high"]
        return cls(
            **{
                **data,
                "choices": tuple(data["choices"]),
                "low": -math.inf if low is None else low,
                "high": math.inf if high is None else high,
            }
        )


def knob(
    default: Value,
    *,
    label: str,
    help: str,
    unit: str = "",
    low: float = -math.inf,
    high: float = math.inf,
    scale: Scale = "linear",
    choices: tuple[str, ...] = (),
    steerable: bool = True,
    acts: bool = False,
    only_on: Where = "",
) -> Any:
    """Declare a knob as a dataclass field. See :class:`Knob` for the meaning of each argument."""
    declared = {
        "label": label, "help": help, "unit": unit, "low": low, "high": high,
        "scale": scale, "choices": choices, "steerable": steerable, "acts": acts, "only_on": only_on,
    }  # fmt: skip
    return dataclasses.field(default=default, metadata={"knob": declared})


def _kind(default: Value) -> Literal["float", "int", "bool", "choice"]:
    if isinstance(default, bool):
        return "bool"
    if isinstance(default, str):
        return "choice"
    return "int" if isinstance(default, int) else "float"


def knobs_of(knobs: Any) -> tuple[Knob, ...]:
    """Describe every knob of a knobs dataclass (or an instance of one), in the order of declaration."""
    return tuple(
        Knob(name=f.name, default=default, kind=_kind(default), **f.metadata["knob"])
        for f in dataclasses.fields(knobs)
        for default in [cast(Value, f.default)]
    )


def make(knobs_class: type[K], values: Mapping[str, object]) -> K:
    """Build a knobs dataclass from plain values.

    Raises:
        UserError: for an unknown knob or a value it does not allow.
    """
    described = {k.name: k for k in knobs_of(knobs_class)}
    for name in values:
        if name not in described:
            raise one_of("knob", name, tuple(described))
    return knobs_class(**{name: described[name].validated(value) for name, value in values.items()})


def turned(knobs: K, name: str, value: object) -> K:
    """Return `knobs` with one knob set, validated. Raises UserError as :func:`make` does."""
    described = {k.name: k for k in knobs_of(knobs)}
    if name not in described:
        raise one_of("knob", name, tuple(described))
    if not described[name].steerable:
        raise UserError(f"knob {name} is fixed when a run starts; fork the run to change it")
    return dataclasses.replace(knobs, **{name: described[name].validated(value)})  # type: ignore[type-var]
