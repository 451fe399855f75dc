"""The learners by name."""

from engine.learners.base import Learner
from engine.learners.decision_transformer import DecisionTransformer
from engine.learners.oracle import ConditionalOracle, KLOracle
from engine.learners.ppo import PPO
from engine.learners.reinforce import Reinforce
from engine.learners.rvs import RvS

LEARNERS: dict[str, type[Learner]] = {
    learner.name: learner
    for learner in (Reinforce, PPO, RvS, DecisionTransformer, ConditionalOracle, KLOracle)
}
