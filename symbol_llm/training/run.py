"""A training run from its configuration to its exported model: the engine that both stages call.

```
RUN/config.yaml        every setting, resolved
RUN/tokenizer, data    what the model reads
RUN/checkpoints        complete ones carry a marker; the same command goes on from the newest
RUN/metrics.jsonl      losses and speed; tensorboard/ the same as curves
RUN/model              the result, a plain Hugging Face folder
RUN/summary.json       the numbers of the run
```
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbol_llm.errors import CheckFailed, SymbolLLMError, UserError
from symbol_llm.training import arguments, checkpoints, grpo, run_folder
from symbol_llm.training.config import Config
from symbol_llm.training.distributed import (
    on_first_rank,
    prepare_cpu,
    prepare_environment,
    rank,
    start_process_group,
    stop_process_group,
    world_size,
)
from symbol_llm.training.lifeline import Lifeline, explain
from symbol_llm.training.run_folder import say
from symbol_llm.training.summary import describe_data, write_summary

if TYPE_CHECKING:
    from symbol_llm.training.data import Store
    from symbol_llm.training.held_out import HeldOut


def main(stage: str, argv: Sequence[str] | None = None) -> int:
    """Parse, train, report: the whole of a stage's script. Returns the exit code."""
    try:
        return train(arguments.parse(stage, argv))
    except SymbolLLMError as error:
        if rank() == 0:
            if arguments.wants_traceback(argv):
                traceback.print_exc()
            print(f"error: {error}", file=sys.stderr, flush=True)
        else:
            # The launcher ends all processes when one ends: leave the first one time to say what is wrong.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            time.sleep(10)
        return error.exit_code
    finally:
        stop_process_group()


def train(config: Config) -> int:
    """Run a configuration to its end, or on from its newest complete checkpoint. Raises SymbolLLMError."""
    started = time.time()
    out = Path(config.run.out)
    prepare_environment(config)
    run_folder.check_writable(out)
    say(run_folder.show(config))

    import torch
    import transformers

    use_cpu = not torch.cuda.is_available()
    if use_cpu:
        prepare_cpu(config)
    _quieten(transformers)
    if config.deepspeed.stage:
        start_process_group(use_cpu)
    lifeline = Lifeline(rank(), world_size(), os.environ.get("MASTER_ADDR", ""))
    try:
        code = (_train if config.method == "sft" else grpo.train)(config, out, use_cpu, started)
    except SymbolLLMError as error:
        lifeline.close(str(error))
        raise
    except Exception as error:
        reason = lifeline.lost()
        if reason is None:
            raise
        lifeline.close()
        if rank() and reason.startswith("process 0 "):  # which would have said it
            print(f"error: {explain(reason)}", file=sys.stderr, flush=True)
        raise CheckFailed(explain(reason)) from error
    lifeline.close()
    return code


def _train(config: Config, out: Path, use_cpu: bool, started: float) -> int:
    import torch

    from symbol_llm.training import data, guards, mixing, model
    from symbol_llm.training.batches import ProcessPacks, Schedule, choose_packs_per_step
    from symbol_llm.training.packing import Shape

    tokenizer = run_folder.open_tokenizer(config, out)
    on_first_rank(lambda: data.build_store(config.data, tokenizer, out / "data"))
    store = data.open_store(out / "data")
    guards.check_store(store, tokenizer)
    formats = {task: count.format for task, count in store.counts.items()}
    groups = mixing.make_groups(config.data.mixture, store.tasks, store.task_names, formats)
    shape = Shape(store.lengths, store.families, store.trunks)
    packs_per_step = choose_packs_per_step(config.batch, groups, shape, world_size(), config.run.seed)
    schedule = Schedule(groups, shape, config.batch, packs_per_step, config.run.seed)
    num_steps, accumulation = schedule.num_steps(config.run), packs_per_step // world_size()
    described = describe_data(store, schedule, packs_per_step)
    say("\n".join([*described["lines"], *guards.preview(store, tokenizer)]))
    held_out = _open_held_out(config, tokenizer, out, [k for k, n in described["rows_per_task"].items() if n])

    from symbol_llm.training.collator import Collator
    from symbol_llm.training.trainer import PackedTrainer, is_out_of_patience, make_arguments

    settings = {
        "config": run_folder.lasting(config),
        "data": store.fingerprint,
        "num_steps": num_steps,
        "packs_per_step": packs_per_step,
    }
    resumed = run_folder.find_checkpoint(out / "checkpoints", settings)
    is_universal = resumed is not None and resumed.world_size != world_size()
    trainer_arguments = make_arguments(config, num_steps, accumulation, use_cpu, is_universal)
    network = model.load_model(config, tokenizer, is_packed=config.batch.mode == "packed")
    if config.model.activation_checkpointing:
        # transformers renamed it within version 5.
        enable = getattr(network, "activation_checkpointing_enable", None) or network.gradient_checkpointing_enable
        enable()
    packs = ProcessPacks(schedule, num_steps, accumulation, rank(), world_size())
    collator = Collator(store, config.batch.share_prefixes, config.batch.mode)
    trainer = PackedTrainer(config, trainer_arguments, network, packs, collator, settings, held_out)
    checkpoints.check_space(out, trainer.num_parameters, trainer.weight_bytes, is_start=True)
    on_first_rank(lambda: run_folder.write_config(out, config, trainer_arguments.deepspeed))
    trainer.catch_signals()
    say(
        f"{trainer.num_parameters:,} parameters, {num_steps} steps of {packs_per_step} packs, "
        f"{world_size()} processes, {torch.get_num_threads()} threads each, {time.time() - started:.1f} s to here"
    )
    if resumed and is_out_of_patience(config, resumed.step, checkpoints.training_state(resumed)["best_global_step"]):
        say(f"the run had stopped early at step {resumed.step}: only its model is written")
        trainer.stopped_early = True
        trainer.load_state_of(resumed)
    else:
        trainer.train(resume_from_checkpoint=str(resumed.folder) if resumed else None)
    step = trainer.state.global_step
    if step < num_steps and not trainer.stopped_early:
        return run_folder.stopped(out, step, num_steps)
    exported = _export(trainer, tokenizer, config, store, out)
    on_first_rank(lambda: write_summary(out, config, trainer, described, exported, started))
    if trainer.stopped_early:
        say(f"stopped early at step {step}: the held-out loss was lowest at step {trainer.state.best_global_step}")
    say(f"model of step {exported} in {out / 'model'}, metrics in {out / 'metrics.jsonl'}, numbers in summary.json")
    return 0


def _open_held_out(config: Config, tokenizer: Any, out: Path, trained: list[str]) -> HeldOut | None:
    if config.evaluation.every is None:
        return None
    from symbol_llm.training import data
    from symbol_llm.training.held_out import HeldOut, held_out_data

    try:
        on_first_rank(lambda: data.build_store(held_out_data(config), tokenizer, out / "held_out"))
    except UserError as error:
        raise UserError(f"held-out rows: {error}. Or choose --evaluation.split, or --evaluation.every null") from error
    held_out = HeldOut(config, data.open_store(out / "held_out"), tokenizer, trained, rank(), world_size())
    say(held_out.describe())
    return held_out


def _export(trainer: Any, tokenizer: Any, config: Config, store: Store, out: Path) -> int:
    """Write RUN/model; returns the step whose weights it holds."""
    from symbol_llm.training import consolidate
    from symbol_llm.training.export import export_model

    step, best = trainer.state.global_step, trainer.state.best_global_step
    if config.evaluation.export == "best" and best and best != step:
        step = best
    elif not trainer.has_only_state:
        export_model(trainer, tokenizer, config, store.counts, out / "model", step)
        return int(step)

    def write() -> None:
        consolidate.export_checkpoint(consolidate.find_checkpoint(out, str(step)), out / "model")

    on_first_rank(write)
    return int(step)


def _quieten(transformers: Any) -> None:
    """Keep the libraries' start-up chatter out of the run's own lines; warnings and errors stay."""
    import logging
    import warnings

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    os.environ.setdefault("DEEPSPEED_LOG_LEVEL", "warning")
    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.distributed|deepspeed")
