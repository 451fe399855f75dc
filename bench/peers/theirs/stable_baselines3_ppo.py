"""Stable-Baselines3's PPO, one seed, settings of bench/peers/ppo.py. Prints `steps return` an episode.

Run by the peers' own Python: python stable_baselines3_ppo.py TASK SEED STEPS
"""

import sys

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env


class Episodes(BaseCallback):
    """Tells of every episode that ends."""

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "episode" in info:
                print(self.num_timesteps, info["episode"]["r"])
        return True


def main() -> None:
    """Train."""
    task, seed, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    model = PPO(
        "MlpPolicy",
        make_vec_env(task, n_envs=4, seed=seed),
        learning_rate=lambda left: 2.5e-4 * left,
        n_steps=128,
        batch_size=128,
        n_epochs=4,
        gamma=0.99,
        gae_lambda=0.95,
        clip_range=0.2,
        clip_range_vf=0.2,
        ent_coef=0.01,
        vf_coef=0.5,
        max_grad_norm=0.5,
        policy_kwargs={"net_arch": {"pi": [64, 64], "vf": [64, 64]}},
        seed=seed,
        device="cpu",
    )
    model.learn(steps, callback=Episodes())


if __name__ == "__main__":
    main()
