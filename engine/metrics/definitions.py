"""Every recorded metric: its group, name, label, unit, and definition in one sentence."""

from engine.recording.schema import MetricColumn


def _exact(group: str, name: str, label: str, unit: str, help: str) -> MetricColumn:
    return MetricColumn(name, label, unit, help, "exact", group)


def _sampled(name: str, label: str, help: str) -> MetricColumn:
    return MetricColumn(name, label, "", help, "estimated", "Diversity")


# Measured at every measured row, in this order.
ORDINARY: tuple[MetricColumn, ...] = (
    _exact(
        "Return",
        "return",
        "Return",
        "reward",
        "Mean return reached; by a conditioned learner when asked for its current target.",
    ),
    _exact("Return", "success", "Success", "", "Probability that an episode ends in an outcome."),
    _exact(
        "Return",
        "gold",
        "Gold",
        "reward",
        "Mean of what was really wanted, of which the return is only a proxy. No learner sees it.",
    ),
    _exact(
        "Return",
        "first_goal",
        "First goal",
        "",
        "Mean of the first of the two returns that the task pays.",
    ),
    _exact(
        "Return",
        "second_goal",
        "Second goal",
        "",
        "Mean of the second of the two returns that the task pays.",
    ),
    _exact(
        "pass@k",
        "pass_at_8",
        "pass@8",
        "",
        "Probability that at least one of 8 episodes ends in an outcome: 1 − (1 − p)^8.",
    ),
    _exact(
        "Drift",
        "drift",
        "Drift",
        "nats",
        "KL of the policy's trajectories from the base's: how far behaviour has moved in all.",
    ),
    _exact(
        "Drift",
        "asked",
        "Asked drift",
        "nats",
        "KL of the policy's returns from the base's: the price of the return distribution reached.",
    ),
    _exact(
        "Drift",
        "collateral",
        "Collateral drift",
        "nats",
        "Drift minus asked drift: change in behaviour at equal return, which no objective asked for.",
    ),
    _exact(
        "Modes",
        "effective_modes",
        "Effective modes",
        "",
        "Exp of the entropy over outcomes of the episodes that end in one: how many ways are left.",
    ),
    _exact(
        "Modes",
        "outcome_entropy",
        "Outcome entropy",
        "nats",
        "Entropy over outcomes of the episodes that end in one.",
    ),
    _exact(
        "Entropy",
        "action_entropy",
        "Action entropy",
        "nats",
        "Entropy of the policy averaged over the contexts that it visits itself.",
    ),
    _exact(
        "Entropy",
        "action_entropy_uniform",
        "Action entropy, uniform",
        "nats",
        "Entropy of the policy averaged over all states and times alike, visited or not.",
    ),
    _exact(
        "Entropy",
        "effective_actions",
        "Effective actions",
        "",
        "Exp of the action entropy: how many equally likely actions it corresponds to.",
    ),
    _exact(
        "Entropy",
        "trajectory_entropy",
        "Trajectory entropy",
        "nats",
        "Expected sum over an episode of the entropy of the policy where it acts.",
    ),
    _exact(
        "Entropy",
        "occupancy_entropy",
        "Occupancy entropy",
        "nats",
        "Entropy of d(s, a), the share of the policy's actions taken as a in state s.",
    ),
    _exact(
        "Modes",
        "coverage",
        "Coverage",
        "",
        "Share of the oracle's outcomes that keep at least a tenth of their oracle share.",
    ),
    _exact(
        "Modes",
        "soft_coverage",
        "Soft coverage",
        "",
        "Overlap of the policy's and the oracle's outcomes: the sum of the smaller of the two shares.",
    ),
    _exact(
        "Modes",
        "mode_coverage_8",
        "Mode coverage at 8",
        "",
        "Expected share of the outcomes met in 8 episodes: Σ_m [1 − (1 − p_m)^8] / M.",
    ),
    _exact(
        "Fidelity",
        "oracle_js",
        "JS to the oracle",
        "nats",
        "Jensen-Shannon divergence from the conditional oracle at the current target (the best return "
        "where there is none), weighted by the base's visits; 0 to ln 2.",
    ),
    _exact(
        "Fidelity",
        "oracle_tv",
        "TV to the oracle",
        "",
        "Total variation from the conditional oracle at the current target (the best return where there "
        "is none), weighted by the base's visits; 0 to 1.",
    ),
    _exact(
        "Fidelity",
        "oracle_kl",
        "KL to the oracle",
        "nats",
        "KL from the conditional oracle at the current target (the best return where there is none), "
        "weighted by the base's visits; infinite where the policy does what the oracle never does.",
    ),
    _exact(
        "Fidelity",
        "supertask_score",
        "Supertask score",
        "nats",
        "JS to the conditional oracle averaged over every target that the base reaches; 0 is perfect.",
    ),
    _exact(
        "Calibration",
        "calibration_error",
        "Calibration error",
        "reward",
        "Mean absolute difference of achieved and asked return over the targets that the base reaches.",
    ),
    _exact(
        "Calibration",
        "calibration_slope",
        "Calibration slope",
        "",
        "Slope of achieved on asked return over the targets that the base reaches; 1 is perfect.",
    ),
    _exact(
        "Calibration",
        "hit_rate",
        "Hit rate",
        "",
        "Mean over the targets that the base reaches of P(return within half a grid step of it).",
    ),
    _exact(
        "Calibration",
        "calibration_intercept",
        "Calibration intercept",
        "reward",
        "Achieved return where 0 is asked, by the line fitted to achieved on asked; 0 is perfect.",
    ),
    _exact(
        "Calibration",
        "calibration_spearman",
        "Calibration, Spearman",
        "",
        "Rank correlation of achieved and asked return; 1 is perfect.",
    ),
    _exact(
        "Calibration",
        "wasserstein",
        "Wasserstein-1",
        "reward",
        "Mean over the targets that the base reaches of E|return − asked|.",
    ),
    _exact(
        "Agnosticism",
        "control_range",
        "Control range",
        "",
        "Share of the targets that the base reaches whose mean return is within half a grid step of what "
        "was asked.",
    ),
    _exact(
        "Agnosticism",
        "leftover_preference",
        "Leftover preference",
        "reward",
        "Mean of achieved less asked return over the targets that the base reaches: what it does unasked.",
    ),
)

# Costlier, and measured at some of the rows only: see engine.evaluation.schedule.
DEEP: tuple[MetricColumn, ...] = (
    _exact(
        "Drift",
        "reverse_drift",
        "Reverse drift",
        "nats",
        "KL of the base's trajectories from the policy's: infinite where the policy never does what the base "
        "does.",
    ),
    _exact(
        "Calibration",
        "out_of_support_error",
        "Error out of support",
        "reward",
        "Mean absolute difference of achieved and asked return one grid step beyond either end of what the "
        "base reaches.",
    ),
    _exact(
        "Agnosticism",
        "unconditional_fidelity",
        "Unconditional fidelity",
        "nats",
        "KL of the base's choices from the policy's averaged over targets, as likely as the base makes each "
        "of them where it stands; summed over the base's steps. 0 where asking for nothing gives the base.",
    ),
    _exact(
        "KL estimators",
        "kl_a_step",
        "KL a step",
        "nats",
        "Exact KL of the policy from the base for one action, at the policy's own visits; the mean of k1.",
    ),
    _exact(
        "KL estimators",
        "k1_deviation",
        "k1: deviation",
        "nats",
        "Standard deviation of −ln r for one action, r the base's probability over the policy's, at the "
        "policy's own visits; its mean is the exact KL a step.",
    ),
    _exact(
        "KL estimators",
        "k2_bias",
        "k2: bias",
        "nats",
        "Mean of (ln r)²/2 for one action less the exact KL a step.",
    ),
    _exact(
        "KL estimators",
        "k2_deviation",
        "k2: deviation",
        "nats",
        "Standard deviation of (ln r)²/2 for one action.",
    ),
    _exact(
        "KL estimators",
        "k3_bias",
        "k3: bias",
        "nats",
        "Mean of (r − 1) − ln r for one action less the exact KL a step: 0 where the policy does all that "
        "the base does.",
    ),
    _exact(
        "KL estimators",
        "k3_deviation",
        "k3: deviation",
        "nats",
        "Standard deviation of (r − 1) − ln r for one action; its mean is the exact KL where the policy "
        "does all that the base does.",
    ),
)

# Of a few sampled episodes, whatever the task.
SAMPLED: tuple[MetricColumn, ...] = (
    _sampled(
        "distinct_2",
        "Distinct-2",
        "Different pairs of neighbouring actions over all such pairs, in 16 episodes.",
    ),
    _sampled(
        "expected_distinct",
        "Distinct, adjusted",
        "EAD: different actions-in-place over the number expected of as many uniform draws, in 16 episodes.",
    ),
    _sampled(
        "self_bleu",
        "Self-BLEU",
        "How much of each episode's runs of 1 to 4 actions the 15 others contain, geometric mean; 1 is all "
        "alike.",
    ),
    _sampled(
        "vendi",
        "Vendi score",
        "Exp of the entropy of the eigenvalues of the episodes' similarities (the share of moments at which "
        "two do the same): how many different episodes there are among 16.",
    ),
)

# At the probes; of the last hidden layer, for learners that have one, and of the policy.
REPRESENTATION: tuple[MetricColumn, ...] = (
    _exact(
        "Representation",
        "dormant_share",
        "Dormant share",
        "",
        "Share of hidden units whose mean activation is at most .025 of the layer's.",
    ),
    _exact(
        "Representation",
        "effective_rank",
        "Effective rank",
        "",
        "Exp of the entropy of the hidden features' singular values.",
    ),
    _exact(
        "Representation",
        "srank",
        "srank",
        "",
        "Singular values that hold 99 % of the sum.",
    ),
    _exact(
        "Representation",
        "policy_variance",
        "Policy variance",
        "",
        "Variance of each action's probability over the probes, summed: 0 where the policy is the same "
        "everywhere.",
    ),
)

COLUMNS: tuple[MetricColumn, ...] = (*ORDINARY, *DEEP, *SAMPLED, *REPRESENTATION)
SELDOM = frozenset(column.name for column in (*DEEP, *SAMPLED, *REPRESENTATION))

# Of a run as a whole: read out of its recording by engine.history, and not recorded.
HISTORY: tuple[MetricColumn, ...] = (
    MetricColumn(
        "entropy_law_a",
        "Entropy law: a",
        "reward",
        "Slope of the least-squares fit return = −a·exp(action entropy) + b over the run's rows.",
        "estimated",
        "Entropy law",
    ),
    MetricColumn(
        "entropy_law_b",
        "Entropy law: b",
        "reward",
        "Intercept of the fit return = −a·exp(action entropy) + b.",
        "estimated",
        "Entropy law",
    ),
    MetricColumn(
        "entropy_law_residual",
        "Entropy law: residual",
        "reward",
        "√(Σ e² / (n − 2)) of the fit over the run's rows; 0 where the law holds exactly.",
        "estimated",
        "Entropy law",
    ),
    _exact(
        "Collapse onset",
        "collapsed",
        "Collapsed",
        "",
        "1 for a seed whose effective modes fell below 60 % of the base's (given the return asked for) and "
        "stayed there for 5 measured rows, 0 for one that has not.",
    ),
    _exact(
        "Collapse onset",
        "onset_step",
        "Collapse onset",
        "updates",
        "First update of the fall that was confirmed; of the seeds that have one.",
    ),
    _exact(
        "Collapse onset",
        "onset_confirmed",
        "Collapse confirmed",
        "updates",
        "Update at which the onset was confirmed: the fifth measured row below.",
    ),
)
