"""Families of distributions over actions: closed forms, numerical integration, SciPy."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, distributions

from engine.distributions.binned import Binned
from engine.distributions.box import LIMIT, BoxFamily
from engine.distributions.categorical import Categorical
from engine.distributions.deterministic import Deterministic
from engine.distributions.gaussian import Gaussian
from engine.distributions.mixture import Mixture, bhattacharyya
from engine.tasks.streams import Streams

K = 7
CPU = torch.device("cpu")
LINE = [Binned(1, K), Gaussian(1, K), Mixture(1, K, 3)]
PLANE = [Binned(2, K), Gaussian(2, K), Mixture(2, K, 3)]


def rows_of(family: BoxFamily, count: int = 4, seed: int = 0) -> Tensor:
    """Some distributions of a family, in doubles."""
    raw = torch.randn(count, family.outputs, generator=torch.Generator().manual_seed(seed))
    return family.rows(0.5 * raw.double())


def cells(each: int) -> tuple[Tensor, Tensor]:
    """Middles of cells of [-1, 1], `each` to a bin, and their widths: equal before squashing, where densities
    are smooth. What lies beyond tanh 7.2 is left out; the distributions here have less than 1e-5 there."""
    edges = torch.linspace(-1, 1, K + 1, dtype=torch.float64)[1:-1].atanh()
    edges = torch.cat([torch.tensor([-7.2]).double(), edges, torch.tensor([7.2]).double()])
    width = edges.diff().repeat_interleave(each) / each
    middle = (edges[:-1, None] + edges.diff()[:, None] * (torch.arange(each) + 0.5) / each).flatten()
    return middle.tanh(), width * (1 - middle.tanh() ** 2)


def densities(family: BoxFamily, rows: Tensor, points: Tensor) -> Tensor:
    """[rows, points] of the density at points [points, D]."""
    every = rows[:, None].expand(-1, len(points), -1)
    return family.log_probability(every, points.expand(len(rows), *points.shape)).exp()


@pytest.mark.parametrize("family", LINE, ids=lambda family: family.name)
def test_a_density_on_a_line_integrates_to_its_bins_its_entropy_and_its_divergences(family):
    """The midpoint rule on 7,000 cells: its error is below 1e-5 for these, and so is what is cut."""
    rows, other = rows_of(family), rows_of(family, seed=1)
    points, width = cells(1000)
    density = densities(family, rows, points[:, None])
    there = densities(family, other, points[:, None])
    in_bins = (density * width).unflatten(1, (K, -1)).sum(-1)
    assert torch.allclose(in_bins, family.recorded(rows), atol=3e-5)
    entropy = -(torch.special.xlogy(density, density) * width).sum(1)
    divergence = (density * (density / there).log() * width).sum(1)
    base = torch.softmax(torch.randn(4, K, generator=torch.Generator().manual_seed(2)).double(), -1)
    log_base = (base * K / 2).log().repeat_interleave(1000, dim=1)
    from_base = ((torch.special.xlogy(density, density) - density * log_base) * width).sum(1)
    below, above = family.entropy_below(rows), family.divergence_above(rows, other)
    if isinstance(family, Mixture):
        assert bool(family.entropy(rows).isnan().all())
        assert bool(((below < entropy + 1e-4) & (below > entropy - 0.2)).all())
        assert bool((above > divergence - 1e-4).all())
        assert torch.allclose(
            family.from_base_above(rows, base.log()) + below, from_base + entropy, atol=2e-4
        )
        return
    assert torch.allclose(family.entropy(rows), entropy, atol=2e-4)
    assert torch.allclose(family.divergence(rows, other), divergence, atol=1e-3)
    assert torch.allclose(family.from_base(rows, base.log()), from_base, atol=2e-4)
    assert torch.equal(below, family.entropy(rows))
    assert torch.equal(above, family.divergence(rows, other))
    assert torch.equal(family.from_base_above(rows, base.log()), family.from_base(rows, base.log()))


@pytest.mark.parametrize("family", PLANE, ids=lambda family: family.name)
def test_a_density_on_a_plane_integrates_to_its_bins(family):
    """The midpoint rule on 280² cells; each axis is recorded by what it is alone."""
    rows = rows_of(family)
    line, width = cells(40)
    points = torch.cartesian_prod(line, line)
    mass = densities(family, rows, points).unflatten(1, (len(line), -1)) * width[:, None] * width
    recorded = family.by_axis(family.recorded(rows))
    for axis in (0, 1):
        alone = mass.sum(2 - axis).unflatten(1, (K, -1)).sum(-1)
        assert torch.allclose(alone, recorded[:, axis], atol=2e-3)


@pytest.mark.parametrize("family", [*LINE, *PLANE], ids=lambda f: f"{f.name} {f.dimensions}")
def test_a_row_has_the_same_bits_however_many_there_are(family):
    """What a seed's rows say must not hang on the seeds beside it, whatever their number."""
    for count in (1, 5, 37, 50, 64):
        raw = torch.randn(3, count, family.outputs, generator=torch.Generator().manual_seed(count))
        base = torch.full((3, count, family.dimensions * K), 1 / K)
        chance = torch.rand(3, count, family.chances, generator=torch.Generator().manual_seed(count))

        def said(raw, base, chance):
            rows = family.rows(raw)
            told = family.told(rows)
            actions = family.drawn(told, chance)
            log_probability, entropy = family.log_probability(rows, actions), family.entropy(rows)
            bounds = family.entropy_below(rows), family.divergence_above(rows, rows.flip(1))
            measured = family.measured(told, actions, base)
            return rows, told, actions, log_probability, entropy, family.recorded(rows), *bounds, *measured

        alone = said(raw[1:2].clone(), base[1:2], chance[1:2].clone())
        for one, many in zip(alone, said(raw, base, chance), strict=True):
            assert torch.equal(one[0].nan_to_num(), many[1].nan_to_num())


@pytest.mark.parametrize("family", PLANE[:2], ids=lambda family: family.name)
def test_independent_axes_add_up(family):
    """Entropy, divergence and log-probability of two axes are the sums of those of each."""
    alone = type(family)(1, K)
    parts = [rows_of(alone, seed=seed) for seed in range(4)]

    def together(one: Tensor, two: Tensor) -> Tensor:
        halves = [part.chunk(2 if isinstance(family, Gaussian) else 1, -1) for part in (one, two)]
        return torch.cat([piece for pair in zip(*halves, strict=True) for piece in pair], -1)

    rows, other = together(*parts[:2]), together(*parts[2:])
    assert torch.allclose(family.entropy(rows), alone.entropy(parts[0]) + alone.entropy(parts[1]))
    assert torch.allclose(
        family.divergence(rows, other),
        alone.divergence(parts[0], parts[2]) + alone.divergence(parts[1], parts[3]),
    )
    action = torch.tensor([[0.3, -0.9]]).double().expand(4, 2)
    assert torch.allclose(
        family.log_probability(rows, action),
        alone.log_probability(parts[0], action[:, :1]) + alone.log_probability(parts[1], action[:, 1:]),
    )


def test_the_gaussian_is_the_normal_of_scipy_with_the_slope_of_tanh():
    family = Gaussian(2, K)
    rows = torch.tensor([[0.4, -1.2, math.log(0.5), math.log(1.3)]], dtype=torch.float64)
    action = torch.tensor([[0.7, -0.95]], dtype=torch.float64)
    point = np.arctanh(action.numpy())
    normal = stats.norm([0.4, -1.2], [0.5, 1.3])
    wanted = (normal.logpdf(point) - np.log(1 - action.numpy() ** 2)).sum()
    assert family.log_probability(rows, action).item() == pytest.approx(wanted, rel=1e-12)
    other = torch.tensor([[0.0, 0.0, 0.0, 0.0]]).double()
    # KL(N(m, s) ‖ N(0, 1)) = −ln s + (s² + m² − 1) / 2.
    closed = sum(-math.log(s) + (s**2 + m**2 - 1) / 2 for m, s in ((0.4, 0.5), (-1.2, 1.3)))
    assert family.divergence(rows, other).item() == pytest.approx(closed, rel=1e-12)


def test_the_gaussian_is_torchs_normal_through_torchs_tanh_and_its_mass_is_one():
    family = Gaussian(2, K)
    rows = rows_of(family)
    mean, log_std = rows.chunk(2, -1)
    squashed = distributions.TransformedDistribution(
        distributions.Normal(mean, log_std.exp()), [distributions.TanhTransform()]
    )
    actions = torch.tensor([[0.0, 0.3], [-0.9, 0.999], [0.5, -0.5], [-0.99, 0.8]]).double()
    assert torch.allclose(
        family.log_probability(rows, actions), squashed.log_prob(actions).sum(-1), atol=1e-10
    )
    points, width = cells(1000)
    alone = rows_of(Gaussian(1, K))
    mass = (densities(Gaussian(1, K), alone, points[:, None]) * width).sum(1)
    assert torch.allclose(mass, torch.ones(4).double(), atol=3e-5)


def test_a_narrow_gaussian_has_the_entropy_of_the_normal_and_the_slope_where_it_stands():
    family = Gaussian(1, K)
    rows = torch.tensor([[0.8, math.log(0.01)]]).double()
    wanted = 0.5 * math.log(2 * math.pi * math.e) + math.log(0.01) + math.log(1 - math.tanh(0.8) ** 2)
    assert family.entropy(rows).item() == pytest.approx(wanted, abs=1e-4)  # the slope bends by σ² / 2


def test_a_mixture_of_equal_components_is_one_gaussian():
    mixture, gaussian = Mixture(1, K, 3), Gaussian(1, K)
    mean, log_std = torch.tensor([[0.3]]).double(), torch.tensor([[-0.7]]).double()
    rows = torch.cat([torch.tensor([[0.2, 0.5, 0.3]]).double().log(), *[mean] * 3, *[log_std] * 3], -1)
    one = torch.cat([mean, log_std], -1)
    action = torch.tensor([[0.6]]).double()
    assert torch.allclose(mixture.log_probability(rows, action), gaussian.log_probability(one, action))
    assert torch.allclose(mixture.recorded(rows), gaussian.recorded(one))


def test_how_far_components_are_apart_is_an_integral():
    """−ln ∫ √(p q) of two normals on the plane, a sum over each axis, by the midpoint rule."""
    mean, deviation = (
        torch.tensor([[0.3, -1.0], [1.1, 0.4]]).double(),
        torch.tensor([[0.5, 1.2], [0.9, 0.4]]).double(),
    )
    points = torch.linspace(-12, 12, 4801, dtype=torch.float64)
    density = distributions.Normal(mean[..., None], deviation[..., None]).log_prob(points).exp()
    both = (density[0] * density[1]).sqrt().sum(-1) * (24 / 4800)
    found = bhattacharyya(mean, deviation.log())
    assert found[0, 1].item() == pytest.approx(-both.log().sum().item(), rel=1e-9)
    assert torch.allclose(found, found.T)
    assert found.diagonal().tolist() == pytest.approx([0, 0], abs=1e-12)


def test_a_mixtures_bounds_are_exact_where_its_components_coincide_or_are_apart():
    mixture, gaussian = Mixture(2, K, 3), Gaussian(2, K)
    weight = torch.tensor([0.2, 0.5, 0.3]).double()
    mean, log_std = torch.tensor([0.3, -0.8]).double(), torch.tensor([-0.7, 0.2]).double()
    alike = torch.cat([weight.log(), mean.repeat(3), log_std.repeat(3)])
    assert torch.allclose(mixture.entropy_below(alike), gaussian.entropy(torch.cat([mean, log_std])))
    # Far apart: Σ w h of the components, and the entropy of the weights.
    means, narrow = (
        torch.tensor([[-2.0, 2.0], [0.0, 0.0], [2.0, -1.0]]).double(),
        torch.full((3, 2), -3.0).double(),
    )
    apart = torch.cat([weight.log(), means.flatten(), narrow.flatten()])
    each = gaussian.entropy(torch.cat([means, narrow], -1))
    assert torch.allclose(mixture.entropy_below(apart), (weight * (each - weight.log())).sum())
    # Of two such the divergence is that of the weights and that of each component.
    other_weight = torch.tensor([0.6, 0.3, 0.1]).double()
    moved = torch.cat([other_weight.log(), (means + 0.05).flatten(), narrow.flatten()])
    closed = (weight * (weight / other_weight).log()).sum() + 2 * 0.05**2 / 2 * math.exp(6)
    assert torch.allclose(mixture.divergence_above(apart, moved), closed)
    assert mixture.divergence_above(apart, apart) == 0


@pytest.mark.parametrize("family", [*LINE, *PLANE], ids=lambda f: f"{f.name} {f.dimensions}")
def test_what_is_drawn_falls_into_the_bins_that_are_recorded(family):
    """20,000 draws: each frequency within five standard errors."""
    count = 20_000
    rows = rows_of(family, 1).float()
    shape = (count,) if family.chances == 1 else (count, family.chances)
    uniform = Streams((0,), "test", CPU).uniform(*shape)[0]
    actions = family.drawn(family.told(rows).expand(count, -1), uniform)
    assert actions.shape == (count, family.dimensions)
    assert bool((actions.abs() <= 1).all())
    recorded = family.by_axis(family.recorded(rows))[0]
    for axis in range(family.dimensions):
        seen = torch.bincount(family.bin_of(actions)[:, axis], minlength=K) / count
        assert bool(((seen - recorded[axis]).abs() <= 5 * (recorded[axis] / count).sqrt() + 1e-4).all())
    # Within a bin too: the mean of the actions is that of the density.
    surprise = -family.log_probability(rows.expand(count, -1), actions)
    if not isinstance(family, Mixture):
        error = float(surprise.std()) / math.sqrt(count)
        assert float(surprise.mean()) == pytest.approx(float(family.entropy(rows)), abs=5 * error + 1e-4)


@pytest.mark.parametrize("family", PLANE, ids=lambda family: family.name)
def test_what_is_measured_is_exact_or_right_on_average(family):
    """Against the uniform base, KL = 2 ln 2 − h; a mixture is measured by its draws."""
    count = 20_000
    rows = rows_of(family, 1).float().expand(count, -1)
    uniform = Streams((1,), "test", CPU).uniform(count, family.chances)[0]
    actions = family.drawn(family.told(rows), uniform)
    base = torch.full((count, 2 * K), 1 / K)
    drift, entropy = family.measured(family.told(rows), actions, base)
    assert torch.allclose(drift + entropy, torch.full((count,), 2 * math.log(2)), atol=1e-4)
    line, width = cells(40)
    density = densities(family, rows[:1].double(), torch.cartesian_prod(line, line))
    cell = (width[:, None] * width).flatten()
    wanted = float(-(torch.special.xlogy(density, density) * cell).sum())
    spread = float(entropy.std()) / math.sqrt(count)
    assert (spread < 1e-6) == (not isinstance(family, Mixture))
    other = rows_of(family, 1, seed=3).float().expand(count, -1)
    there = densities(family, other[:1].double(), torch.cartesian_prod(line, line))
    moved = family.moved(rows, other, actions)
    apart = float((density * (density / there).log() * cell).sum())
    assert float(moved.mean()) == pytest.approx(apart, abs=5 * float(moved.std()) / math.sqrt(count) + 5e-3)
    assert float(entropy.double().mean()) == pytest.approx(wanted, abs=5 * spread + 2e-3)


@pytest.mark.parametrize("family", [*LINE, *PLANE], ids=lambda f: f"{f.name} {f.dimensions}")
def test_at_the_bounds_everything_is_finite_and_so_are_gradients(family):
    raw = torch.full((1, family.outputs), 50.0).requires_grad_()
    rows = family.rows(raw)
    for bound in (-1.0, 1.0, LIMIT):
        action = torch.full((1, family.dimensions), bound)
        surprise = -family.log_probability(rows, action)
        assert bool(surprise.isfinite().all())
        (slope,) = torch.autograd.grad(surprise.sum(), raw, retain_graph=True)
        assert bool(slope.isfinite().all())
    recorded = family.recorded(rows)
    (slope,) = torch.autograd.grad(recorded.square().sum(), raw)
    assert bool(slope.isfinite().all())


def test_uniform_bins_are_the_uniform_density():
    family = Binned(3, K)
    rows = torch.full((1, 3 * K), 1 / K).log()
    assert family.entropy(rows).item() == pytest.approx(3 * math.log(2), abs=1e-5)
    assert family.from_base(rows, rows).item() == pytest.approx(0, abs=1e-5)


def test_one_action_is_no_distribution():
    """Its surprise is the squared error, averaged over the axes: (0.3² + 0.5²) / 2."""
    family = Deterministic(2, K)
    rows = family.rows(torch.tensor([[0.2, -0.4]]).atanh())
    action = torch.tensor([[0.5, 0.1]])
    assert family.surprise(rows, action).item() == pytest.approx(0.17)
    assert torch.equal(family.drawn(family.told(rows), torch.rand(1)), rows)
    assert family.recorded(rows).tolist() == [[0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]]
    drift, entropy = family.measured(rows, action, torch.full((1, 2 * K), 1 / K))
    assert math.isnan(drift.item())
    assert math.isnan(entropy.item())


def test_a_categorical_is_what_the_formulas_say():
    family = Categorical(3)
    rows = torch.tensor([[0.5, 0.25, 0.25]]).double().log()
    base = torch.tensor([[0.2, 0.3, 0.5]]).double()
    closed = 0.5 * math.log(2.5) + 0.25 * math.log(0.25 / 0.3) + 0.25 * math.log(0.5)
    assert family.from_base(rows, base.log()).item() == pytest.approx(closed)
    drift, entropy = family.measured(family.told(rows), torch.tensor([0]), base)
    assert drift.item() == pytest.approx(closed)
    assert entropy.item() == pytest.approx(1.5 * math.log(2))
    assert family.log_probability(rows, torch.tensor([1])).item() == pytest.approx(math.log(0.25))
