"""The learners' names, in the registry's order. Needs no torch: a mistyped one is answered at once."""

NAMES = (
    "reinforce", "ppo", "grpo", "exact_gradient", "soft_q", "sac",
    "rvs", "decision_transformer", "published_transformer", "tabular_predictor", "iterated", "cloning",
    "filtered_cloning", "best_of_n", "reward_weighted", "advantage_weighted",
    "dial", "rebuilt",
    "conditional_oracle", "kl_oracle",
)  # fmt: skip
