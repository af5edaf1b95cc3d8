"""TRL's GRPOTrainer with our prompts, our checkpoints and our reports: its sampling, its loss and its groups.

    step 20/80  reward 0.31 (of 512, no spread in 12 % of the groups)  kl 0.003  loss 0.0121  lr 1.0e-04  …

Prompts are encoded as supervised training and evaluation encode them. This module imports trl when it is imported: do
that inside a function.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from symbol_llm.training.config import Config
from symbol_llm.training.encoding import PromptEncoder
from symbol_llm.training.grpo_batches import Shape
from symbol_llm.training.rewards import Reward
from symbol_llm.training.safe_trainer import Reports, SafeTrainer, shared_arguments

# What is reported, by TRL's name and by ours.
_NAMES = {
    "loss": "loss", "grad_norm": "grad_norm", "learning_rate": "learning_rate", "reward": "reward",
    "reward_std": "reward_std", "frac_reward_zero_std": "groups_without_spread", "kl": "kl", "entropy": "entropy",
    "completions/mean_length": "completion_tokens", "completions/max_length": "longest_completion",
    "completions/clipped_ratio": "cut_at_length", "clip_ratio/region_mean": "clipped",
    "tokens_per_second": "tokens_per_second",
}  # fmt: skip


def make_arguments(config: Config, num_steps: int, shape: Shape, use_cpu: bool, is_universal: bool = False) -> Any:
    """TRL's settings. Under ZeRO-3 this must come before the model is loaded, which is then sharded."""
    grpo = config.grpo
    return GRPOConfig(
        **shared_arguments(config, num_steps, shape.accumulation, use_cpu, is_universal, shape.micro_batch),
        gradient_checkpointing=config.model.activation_checkpointing,
        shuffle_dataset=False,  # the order is in the data, see grpo_data
        num_generations=grpo.generations,
        steps_per_generation=shape.accumulation * grpo.updates,
        max_completion_length=grpo.max_new_tokens,
        temperature=grpo.temperature,
        top_p=grpo.top_p,
        beta=grpo.beta,
        epsilon=grpo.epsilon,
        epsilon_high=grpo.epsilon_high,
        loss_type=grpo.loss,
        scale_rewards=grpo.scale,
        mask_truncated_completions=grpo.mask_truncated,
        use_vllm=grpo.vllm,
    )


class RewardedTrainer(SafeTrainer, GRPOTrainer):
    """Learns from rewarded completions. ``settings`` are those that a resumed run must share."""

    def __init__(
        self,
        config: Config,
        arguments: Any,
        model: Any,
        tokenizer: Any,
        dataset: Any,
        reward: Reward,
        settings: dict[str, Any],
    ) -> None:
        self.config, self.settings, self.reward = config, settings, reward
        self.outcomes: Counter[str] = Counter()  # of all processes, since the run began or went on
        GRPOTrainer.__init__(
            self, model=model, reward_funcs=reward, args=arguments, train_dataset=dataset, processing_class=tokenizer
        )
        self.num_parameters = self.count_parameters()
        self._reported = (time.perf_counter(), 0)  # when, and how many tokens had been seen
        self.drop_printer()
        self.add_callback(_Stop(self))
        if self.is_world_process_zero():
            self.add_callback(_RewardReports(Path(config.run.out), config.run.tensorboard))

    def _send_telemetry(self) -> None:
        """Nothing is sent anywhere."""

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Exported models get our own card."""

    def _tokenize_prompts(self, prompts: list) -> tuple[list[list[int]], None, dict[str, Any]]:
        """Ids as supervised training has them, chat template included; images and the like: none."""
        tokenizer: Any = self.processing_class
        encode = PromptEncoder(tokenizer, self.config.data.prompt_format)
        known = {prompt: encode(prompt) for prompt in set(prompts)}
        return [known[prompt] for prompt in prompts], None, {}

    def _generate_single_turn(self, prompt_ids: list, *args: Any, **kwargs: Any) -> tuple[list[list[int]], Any]:
        """Some completions at a time, so that memory does not grow with the batch."""
        if self.use_vllm:  # which plans by itself
            out: tuple[list[list[int]], Any] = super()._generate_single_turn(prompt_ids, *args, **kwargs)
            return out
        together, completions = self.config.grpo.sampled_together, []
        for start in range(0, len(prompt_ids), together):
            some, _ = super()._generate_single_turn(prompt_ids[start : start + together], *args, **kwargs)
            completions += some
        return completions, None

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add speed and outcomes. Raises CheckFailed if the loss is not a number."""
        if "loss" in logs:
            self.check_finite(logs)
            (then, before), now = self._reported, time.perf_counter()
            seen = int(self.state.num_input_tokens_seen)
            logs["tokens_per_second"] = (seen - before) / (now - then)
            self._reported = (now, seen)
            outcomes = self._drain_outcomes()
            logs |= {f"outcome/{name}": count / outcomes.total() for name, count in sorted(outcomes.items())}
        super().log(logs, start_time)

    def _drain_outcomes(self) -> Counter[str]:
        """How completions ended since the last report, over all processes."""
        drained = Counter(self.reward.outcomes)
        self.reward.outcomes.clear()
        if self.args.world_size > 1:
            parts: list[Any] = [None] * self.args.world_size
            dist.all_gather_object(parts, drained)
            drained = sum(parts, Counter[str]())
        self.outcomes.update(drained)
        return drained


class _Stop(TrainerCallback):
    """On SIGTERM a checkpoint and an end, where a batch is used up; all processes agree on it."""

    def __init__(self, trainer: RewardedTrainer) -> None:
        self._trainer = trainer

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._trainer._reported = (time.perf_counter(), int(state.num_input_tokens_seen))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step % self._trainer.config.grpo.updates:
            return
        wish = torch.tensor([int(self._trainer.got_signal)], device=args.device)
        if args.world_size > 1:
            dist.all_reduce(wish)
        if wish.item() and not control.should_training_stop:
            control.should_save = control.should_training_stop = True


class _RewardReports(Reports):
    """Of TRL's many numbers, those that tell how a run goes."""

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        known = {_NAMES.get(key, key): value for key, value in (logs or {}).items() if value is not None}
        kept = {k: v for k, v in known.items() if k in _NAMES.values() or k.startswith("outcome/")}
        super().on_log(args, state, control, kept, **kwargs)
