"""The settings of reinforcement learning: what is rewarded, how much is sampled, how far a step goes.

    method: grpo
    grpo:   {reward: procedures, prompts: 32, generations: 16, max_new_tokens: 64, beta: 0.01}

One batch is ``prompts`` prompts with ``generations`` completions each. It is learnt from in ``updates`` equal parts,
one optimiser step each; ``run.steps`` counts those. Names of TRL in brackets.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from symbol_llm.errors import UserError

if TYPE_CHECKING:
    from symbol_llm.training.config import Config


@dataclass(frozen=True, kw_only=True)
class Grpo:
    """Group relative policy optimisation (Shao et al. 2024, arXiv 2402.03300), by TRL's GRPOTrainer.

    ``reward`` is ``procedures``, a delegation benchmark (``gsm8k``: its solver and its judge), or a solver (``python``)
    with the comparator of answers in ``judged_by`` (``number``).
    """

    reward: str = ""
    judged_by: str = ""
    workers: int = 2  # engines of a solver, in each process
    prompts: int = 32  # of one batch, over all processes
    generations: int = 16  # completions per prompt: a group [num_generations]
    updates: int = 1  # optimiser steps per batch [steps_per_generation / gradient_accumulation_steps]
    micro_batch: int = 8  # completions that one process learns from at once [per_device_train_batch_size]
    sampled_together: int = 256  # completions that one process generates at once
    max_new_tokens: int = 256  # [max_completion_length]
    temperature: float = 1.0
    top_p: float = 1.0
    beta: float = 0.01  # weight of the KL divergence from the starting model, estimator k3
    epsilon: float = 0.2  # clip of the probability ratio
    epsilon_high: float | None = None  # its upper bound, where that is another
    loss: Literal["grpo", "bnpo", "dr_grpo", "dapo"] = "dapo"  # how tokens are averaged [loss_type]
    scale: Literal["group", "batch", "none"] = "group"  # by whose standard deviation rewards are divided
    mask_truncated: bool = False  # learn nothing from completions without an end
    vllm: bool = False  # sample with vLLM in the same processes


def check_grpo(config: Config) -> None:
    """Raises UserError for settings of a run by reinforcement that cannot be, or that it has no use for."""
    grpo = config.grpo
    if not grpo.reward:
        raise UserError(
            "no reward: set grpo.reward to procedures, to a delegation benchmark (symbol-llm eval list), or to a "
            "solver together with grpo.judged_by"
        )
    if config.model.path is None:
        raise UserError(
            "no model: random weights earn no reward, so nothing could be learnt. Pass --model with one that was "
            "trained before (method: sft), RUN/model"
        )
    _refuse_group(config, "batch", "the batch is set by grpo.prompts, grpo.generations and grpo.micro_batch")
    _refuse_group(config, "evaluation", "symbol-llm eval and symbol-llm procedures score RUN/model when it is done")
    if config.data.too_long != "drop":
        raise UserError("data.too_long: a prompt that is cut asks something else. With method grpo it is drop")
    positive = {
        "workers": grpo.workers, "prompts": grpo.prompts, "updates": grpo.updates, "micro_batch": grpo.micro_batch,
        "sampled_together": grpo.sampled_together, "max_new_tokens": grpo.max_new_tokens,
        "temperature": grpo.temperature, "top_p": grpo.top_p, "epsilon": grpo.epsilon,
        "epsilon_high": grpo.epsilon_high,
    }  # fmt: skip
    for name, value in positive.items():
        if value is not None and not value > 0:
            raise UserError(f"setting grpo.{name}: {value} must be above 0")
    if grpo.top_p > 1:
        raise UserError(f"setting grpo.top_p: {grpo.top_p} is a share, at most 1")
    if grpo.beta < 0:
        raise UserError(f"setting grpo.beta: {grpo.beta} must be 0 (no reference model) or above")
    if grpo.generations < 2:
        raise UserError(f"setting grpo.generations: {grpo.generations} is no group to compare in; take 2 or more")
    if grpo.prompts * grpo.generations % grpo.updates:
        raise UserError(
            f"grpo.prompts x grpo.generations = {grpo.prompts * grpo.generations} completions cannot be split into "
            f"grpo.updates = {grpo.updates} equal parts"
        )
    _check_whole_batches(config)


def _check_whole_batches(config: Config) -> None:
    """Runs end, and checkpoints are written, where a batch is used up: what is sampled is in no checkpoint."""
    updates = config.grpo.updates
    for name, value in (("run.steps", config.run.steps), ("run.save_every", config.run.save_every)):
        if value is not None and value % updates:
            raise UserError(f"{name} = {value} must be a multiple of grpo.updates = {updates}: batches are used up")


def refuse_grpo(config: Config) -> None:
    """Raises UserError if settings of reinforcement are given to supervised training, where they do nothing."""
    _refuse_group(config, "grpo", "set method: grpo, or leave the group out")


def _refuse_group(config: Config, name: str, why: str) -> None:
    group = getattr(config, name)
    changed = [f"{name}.{f.name}" for f in fields(group) if getattr(group, f.name) != f.default]
    if changed:
        raise UserError(f"{', '.join(changed)}: no effect with method {config.method}; {why}")
