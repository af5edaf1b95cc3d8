"""A run by reinforcement with a verifier as reward: the same folder, checkpoints and result as a supervised one.

    deepspeed --num_gpus 1 injection/train.py --config injection/configs/tiny-cpu-grpo.yaml --model RUN/model \\
      --data OUT --out RUN2

Before the first step the reward is tried on gold completions and on wrong ones. The same command goes on from the
newest checkpoint and ends with the weights that it would have had.
"""

from __future__ import annotations

import os
import time
import warnings
from contextlib import ExitStack
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
from packaging.specifiers import SpecifierSet

from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.ledger import write_json
from symbol_llm.training import checkpoints, grpo_data, model, run_folder
from symbol_llm.training.config import Config
from symbol_llm.training.distributed import on_first_rank, world_size
from symbol_llm.training.grpo_batches import batch_shape
from symbol_llm.training.rewards import check_reward, make_reward
from symbol_llm.training.run_folder import say

# What we add to GRPOTrainer replaces two of its inner methods, which other versions may not have.
_TRL = SpecifierSet(">=1.16,<2", prereleases=True)


def require_trl(config: Config) -> None:
    """Raises EngineMissing unless TRL, and vLLM where it is asked for, are installed; UserError for another TRL."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # TRL speaks of it by the name that transformers renamed.
    warnings.filterwarnings("ignore", message=".*gradient_checkpointing.* is deprecated", category=FutureWarning)
    if find_spec("trl") is None or find_spec("datasets") is None:
        raise EngineMissing("TRL, which method grpo trains with,", 'pip install "symbol-llm[grpo]"')
    if version("trl") not in _TRL:
        raise UserError(f'TRL {version("trl")} is installed, method grpo needs another: pip install "trl{_TRL}"')
    if config.grpo.vllm and find_spec("vllm") is None:
        raise EngineMissing("vLLM, which grpo.vllm samples with,", 'pip install "trl[vllm]"')


def train(config: Config, out: Path, use_cpu: bool, started: float) -> int:
    """Run a configuration to its end, or on from its newest complete checkpoint. Raises SymbolLLMError."""
    require_trl(config)

    tokenizer = run_folder.open_tokenizer(config, out)
    shape = batch_shape(config.grpo, world_size())
    prompts = grpo_data.read_prompts(config, tokenizer, model.positions(config))
    on_first_rank(lambda: grpo_data.write_counts(prompts, out / "data"))
    num_batches = prompts.num_batches(config)
    say("\n".join(prompts.describe()))
    with ExitStack() as stack:
        reward = make_reward(config.grpo)
        if hasattr(reward, "close"):
            stack.callback(reward.close)
        say(check_reward(reward, prompts.rows))

        from symbol_llm.training.grpo_trainer import RewardedTrainer, make_arguments

        num_steps = num_batches * config.grpo.updates
        settings = {"config": run_folder.lasting(config), "data": prompts.fingerprint, "num_steps": num_steps}
        resumed = run_folder.find_checkpoint(out / "checkpoints", settings)
        is_universal = resumed is not None and resumed.world_size != world_size()
        arguments = make_arguments(config, num_steps, shape, use_cpu, is_universal)
        network = model.load_model(config, tokenizer, is_packed=False)
        dataset = grpo_data.to_dataset(prompts, prompts.order(config, num_batches))
        trainer = RewardedTrainer(config, arguments, network, tokenizer, dataset, reward, settings)
        checkpoints.check_space(out, trainer.num_parameters, trainer.weight_bytes, is_start=True)
        on_first_rank(lambda: run_folder.write_config(out, config, arguments.deepspeed))
        trainer.catch_signals()
        say(
            f"{trainer.num_parameters:,} parameters, {num_batches} batches of {config.grpo.prompts} prompts x "
            f"{config.grpo.generations} completions, {num_steps} steps, {world_size()} processes, "
            f"{time.time() - started:.1f} s to here"
        )
        trainer.train(resume_from_checkpoint=str(resumed.folder) if resumed else None)
    step = trainer.state.global_step
    if step < num_steps:
        return run_folder.stopped(out, step, num_steps)

    from symbol_llm.training.export import export_model

    export_model(trainer, tokenizer, config, prompts.counts, out / "model", step)
    on_first_rank(lambda: _write_summary(out, config, trainer, prompts, started))
    say(f"model of step {step} in {out / 'model'}, metrics in {out / 'metrics.jsonl'}, numbers in summary.json")
    return 0


def _write_summary(out: Path, config: Config, trainer: Any, prompts: grpo_data.Prompts, started: float) -> None:
    """The numbers of a finished run: the reward of its first and of its last report, among others."""
    lines = [orjson.loads(line) for line in (out / "metrics.jsonl").read_bytes().splitlines()]
    reports = [line for line in lines if "reward" in line]
    shown = ("reward", "groups_without_spread", "completion_tokens", "cut_at_length", "kl")
    write_json(
        out / "summary.json",
        {
            "stage": config.stage,
            "method": config.method,
            "reward": config.grpo.reward,
            "steps": trainer.state.global_step,
            "exported_step": trainer.state.global_step,
            "parameters": trainer.num_parameters,
            "world_size": world_size(),
            "first_report": {key: reports[0][key] for key in ("step", *shown) if reports and key in reports[0]},
            "last_report": {key: reports[-1][key] for key in ("step", *shown) if reports and key in reports[-1]},
            "rows_per_task": {task: count.kept for task, count in sorted(prompts.counts.items())},
            "seconds": round(time.time() - started, 1),
        },
    )
