"""The training engine: tasks, learners, exact answers, metrics and recordings. Nothing here knows of Qt."""

import os

# Read once by the OpenMP runtime when torch is imported, so it has to be set before that. With a busy
# neighbour two spinning threads cost 278 ms a step where passive ones cost 13 (two cores).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
