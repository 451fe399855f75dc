"""The learners by name."""

from engine.learners.base import Learner
from engine.learners.cloning import BestOfN, Cloning, FilteredCloning
from engine.learners.decision_transformer import DecisionTransformer
from engine.learners.dial import Dial
from engine.learners.exact_gradient import ExactGradient
from engine.learners.grpo import GRPO
from engine.learners.iterated import Iterated
from engine.learners.oracle import ConditionalOracle, KLOracle
from engine.learners.ppo import PPO
from engine.learners.published_transformer import PublishedTransformer
from engine.learners.rebuilt import Rebuilt
from engine.learners.reinforce import Reinforce
from engine.learners.rvs import RvS
from engine.learners.sac import SAC
from engine.learners.soft_q import SoftQ
from engine.learners.tabular_predictor import TabularPredictor
from engine.learners.weighted_regression import AdvantageWeightedRegression, RewardWeightedRegression

REWARDED: tuple[type[Learner], ...] = (Reinforce, PPO, GRPO, ExactGradient, SoftQ, SAC)
BETWEEN: tuple[type[Learner], ...] = (Dial, Rebuilt)
PREDICTING: tuple[type[Learner], ...] = (
    RvS,
    DecisionTransformer,
    PublishedTransformer,
    TabularPredictor,
    Iterated,
    Cloning,
    FilteredCloning,
    BestOfN,
    RewardWeightedRegression,
    AdvantageWeightedRegression,
)
EXACT: tuple[type[Learner], ...] = (ConditionalOracle, KLOracle)

LEARNERS: dict[str, type[Learner]] = {
    learner.name: learner for learner in (*REWARDED, *PREDICTING, *BETWEEN, *EXACT)
}
