"""The audit: one learner put through what prediction is known to fail at, beside RL and the exact answers."""
