"""What a family of distributions over actions can do, whatever its form.

Two ways to write one distribution down. *Rows* […, Q] are what a network gives and a loss is taken of:
logarithms of probabilities, or a density's parameters. *Told* rows are what an actor tells whoever draws
from it and what data keep: probabilities where there are finitely many, else the parameters themselves.

An action that is one of several is its number, int64 […]. One out of a box is a point […, D] in [-1, 1]^D,
float32; the environment stretches it to its bounds. Entropies and divergences are in nats. A density's
entropy depends on the unit of length: it is relative to [-1, 1]^D, so that uniform is D ln 2.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor


class Family(ABC):
    """One family; immutable.

    Attributes:
        name: as in a knob.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Q, the numbers that make one distribution."""

    @property
    @abstractmethod
    def chances(self) -> int:
        """The uniform numbers that one draw takes; 1 also stands for an axis that is not there."""

    @abstractmethod
    def rows(self, raw: Tensor) -> Tensor:
        """From what a network puts out […, Q]: anything goes in, a distribution's row comes out."""

    def told(self, rows: Tensor) -> Tensor:
        """Rows as an actor tells them."""
        return rows

    def acted_by(self, raw: Tensor) -> Tensor:
        """What an actor tells of what a network puts out: :meth:`told` of its :meth:`rows`, to rounding."""
        return self.told(self.rows(raw))

    def rows_of(self, told: Tensor) -> Tensor:
        """What :meth:`told` was given, as far as it can be known."""
        return told

    @abstractmethod
    def drawn(self, told: Tensor, uniform: Tensor) -> Tensor:
        """Actions, from uniform numbers […] of [0, 1) where `chances` is 1, else […, chances]."""

    @abstractmethod
    def log_probability(self, rows: Tensor, actions: Tensor) -> Tensor:
        """ln of the probability, or of the density, of actions: […]."""

    def surprise(self, rows: Tensor, actions: Tensor) -> Tensor:
        """What predicting costs where `actions` were done: −ln of their probability, or density: […]."""
        return -self.log_probability(rows, actions)

    @abstractmethod
    def entropy(self, rows: Tensor) -> Tensor:
        """[…] nats; NaN where there is no formula (see :meth:`measured`)."""

    @abstractmethod
    def divergence(self, rows: Tensor, other: Tensor) -> Tensor:
        """KL(rows ‖ other) […] between two of this family, nats; NaN where there is no formula."""

    @abstractmethod
    def from_base(self, rows: Tensor, log_base: Tensor) -> Tensor:
        """KL(rows ‖ base) […], nats, to a base given by ln of the probabilities […, A] that are recorded.

        In a box the base is uniform within each bin, and the axes are independent of each other.
        NaN where there is no formula.
        """

    def entropy_below(self, rows: Tensor) -> Tensor:
        """[…] nats: the entropy, or, where there is no formula, a bound from below. A loss may have it in the
        entropy's place, as it may have the two divergences from above: all have slopes."""
        return self.entropy(rows)

    def divergence_above(self, rows: Tensor, other: Tensor) -> Tensor:
        """KL(rows ‖ other) […], nats, or, where there is no formula, a bound from above: 0 between equals."""
        return self.divergence(rows, other)

    def from_base_above(self, rows: Tensor, log_base: Tensor) -> Tensor:
        """As :meth:`from_base`, or, where there is no formula, a bound from above."""
        return self.from_base(rows, log_base)

    @abstractmethod
    def log_base(self, log_base: Tensor, actions: Tensor) -> Tensor:
        """ln of the probability, or of the density, of actions under that base: […]."""

    @abstractmethod
    def recorded(self, rows: Tensor) -> Tensor:
        """The probabilities […, A] that are recorded: of each action, or each bin of each axis of a box."""

    def moved(self, rows: Tensor, other: Tensor, actions: Tensor) -> Tensor:  # noqa: ARG002
        """KL(rows ‖ other) […], nats, where `actions` were drawn from the first: exact where there is a
        formula, else, as in :meth:`measured`, what they say: ln of the one density over the other."""
        return self.divergence(rows, other)

    @abstractmethod
    def measured(self, told: Tensor, actions: Tensor, base: Tensor) -> tuple[Tensor, Tensor]:
        """Divergence from the base and entropy, nats, […] each, at contexts in which `actions` were drawn.

        Exact where there is a formula. Else what the drawn action says, ln π(a) − ln π0(a) and −ln π(a):
        right on average, with an error that averages out over draws and is seen in their spread.
        """
