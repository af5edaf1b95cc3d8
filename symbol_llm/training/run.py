"""A training run from its configuration to its exported model: the engine that both stages call.

RUN/config.yaml        every setting, resolved
RUN/tokenizer, data    what the model reads
RUN/checkpoints        complete ones carry a marker; the same command goes on from the newest
RUN/metrics.jsonl      losses and speed; tensorboard/ the same as curves
RUN/model              the result, a plain Hugging Face folder
RUN/summary.json       the numbers of the run
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

import orjson

from symbol_llm.errors import SymbolLLMError, UserError
from symbol_llm.training import arguments, checkpoints
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

if TYPE_CHECKING:
    from symbol_llm.training.batches import Schedule
    from symbol_llm.training.data import Store

STOPPED = 143  # the exit code of a run that SIGTERM stopped: 128 + 15


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
    _check_writable(out)
    _say(_show(config))

    import torch
    import transformers

    use_cpu = not torch.cuda.is_available()
    if use_cpu:
        prepare_cpu(config)
    _quieten(transformers)
    if config.deepspeed.stage:
        start_process_group(use_cpu)
    from symbol_llm.training import data, guards, mixing, model
    from symbol_llm.training.batches import ProcessPacks, Schedule, choose_packs_per_step
    from symbol_llm.training.packing import Shape

    on_first_rank(lambda: model.prepare_tokenizer(config, out / "tokenizer"))
    tokenizer = model.load_tokenizer(out / "tokenizer")
    on_first_rank(lambda: data.build_store(config.data, tokenizer, out / "data"))
    store = data.open_store(out / "data")
    guards.check_store(store, tokenizer)
    formats = {task: count.format for task, count in store.counts.items()}
    groups = mixing.make_groups(config.data.mixture, store.tasks, store.task_names, formats)
    shape = Shape(store.lengths, store.families, store.trunks)
    packs_per_step = choose_packs_per_step(config.batch, groups, shape, world_size(), config.run.seed)
    schedule = Schedule(groups, shape, config.batch, packs_per_step, config.run.seed)
    num_steps, accumulation = schedule.num_steps(config.run), packs_per_step // world_size()
    mixed = _describe_data(store, schedule, packs_per_step)
    _say("\n".join([*mixed["lines"], *guards.preview(store, tokenizer)]))

    from symbol_llm.training.collator import Collator
    from symbol_llm.training.trainer import PackedTrainer, make_arguments

    settings = {
        "config": _lasting(config),
        "data": store.fingerprint,
        "num_steps": num_steps,
        "packs_per_step": packs_per_step,
    }
    resumed = _find_checkpoint(out / "checkpoints", settings)
    is_universal = resumed is not None and resumed.world_size != world_size()
    trainer_arguments = make_arguments(config, num_steps, accumulation, use_cpu, is_universal)
    network = model.load_model(config, tokenizer)
    if config.model.activation_checkpointing:
        # transformers renamed it within version 5.
        enable = getattr(network, "activation_checkpointing_enable", None) or network.gradient_checkpointing_enable
        enable()
    packs = ProcessPacks(schedule, num_steps, accumulation, rank(), world_size())
    trainer = PackedTrainer(
        config, trainer_arguments, network, packs, Collator(store, config.batch.share_prefixes), settings
    )
    checkpoints.check_space(out, trainer.num_parameters, trainer.weight_bytes, is_start=True)
    on_first_rank(lambda: _write_config(out, config, trainer_arguments.deepspeed))
    trainer.catch_signals()
    _say(
        f"{trainer.num_parameters:,} parameters, {num_steps} steps of {packs_per_step} packs, "
        f"{world_size()} processes, {torch.get_num_threads()} threads each, {time.time() - started:.1f} s to here"
    )
    result = trainer.train(resume_from_checkpoint=str(resumed.folder) if resumed else None)
    if trainer.state.global_step < num_steps:
        _say(f"stopped at step {trainer.state.global_step} of {num_steps}, checkpoint saved. The same command goes on")
        return STOPPED
    from symbol_llm.training.export import export_model

    export_model(trainer, tokenizer, config, store, out / "model", num_steps)
    on_first_rank(lambda: _write_summary(out, config, trainer, result, mixed, started))
    _say(f"model in {out / 'model'}, metrics in {out / 'metrics.jsonl'}, numbers in {out / 'summary.json'}")
    return 0


def _find_checkpoint(folder: Path, settings: dict[str, Any]) -> checkpoints.Checkpoint | None:
    """The checkpoint to go on from, once the first process has cleared away what was cut off."""

    def clear() -> None:
        if names := checkpoints.clear_incomplete(folder):
            _say(f"removed incomplete checkpoints: {', '.join(names)}")

    on_first_rank(clear)
    resumed = checkpoints.newest(folder)
    if resumed:
        checkpoint = resumed
        checkpoints.check_same_run(checkpoint, settings)
        if checkpoint.world_size != world_size():
            on_first_rank(lambda: checkpoints.make_universal(checkpoint))
        _say(f"going on from {checkpoint.folder} at step {checkpoint.step}")
    return resumed


def _describe_data(store: Store, schedule: Schedule, packs_per_step: int) -> dict[str, Any]:
    """What the first epoch takes, per task and per group, and how well it packs."""
    import numpy as np

    from symbol_llm.training.mixing import left_out

    plan, lengths = schedule.plan(0), store.lengths
    realised = np.bincount(store.tasks[plan.rows], minlength=len(store.task_names)).tolist()
    groups = {group.name: group.target for group in schedule.groups}
    tokens, per_epoch = int(lengths[plan.rows].sum()), len(plan) // packs_per_step
    lost = {
        what: sum(getattr(count, what) for count in store.counts.values())
        for what in ("truncated", "too_long", "empty")
    }
    lines = [
        f"{len(store):,} rows of {len(store.task_names)} tasks; " + ", ".join(f"{n:,} {k}" for k, n in lost.items()),
        f"an epoch: {len(plan.rows):,} rows, {tokens:,} tokens, {len(plan):,} packs, {per_epoch:,} steps, "
        f"{len(plan.rows) / per_epoch:,.0f} rows and {tokens / per_epoch:,.0f} tokens per step",
    ]
    if len(groups) > 1:
        lines.append("mixture per epoch: " + ", ".join(f"{name} {number:,}" for name, number in groups.items()))
    if unused := left_out(schedule.groups, len(store)):
        lines.append(f"{unused:,} rows belong to no group of the mixture and are left out")
    return {
        "lines": lines,
        "groups": groups,
        "rows_per_task": dict(zip(store.task_names, realised, strict=True)),
        "rows_per_epoch": len(plan.rows),
        "tokens_per_epoch": tokens,
        "steps_per_epoch": per_epoch,
        "lost": lost,
    }


def _lasting(config: Config) -> dict[str, Any]:
    """The settings that decide what is learnt; how often to log or save may change when a run goes on."""
    tree = config.to_json()
    tree["run"] = {key: tree["run"][key] for key in ("steps", "epochs", "seed")}
    tree["data"].pop("path")  # the fingerprint stands for the content
    tree["model"].pop("path")
    tree["deepspeed"].pop("shm_comm")
    return tree


def _check_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".probe-{rank()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise UserError(f"{out}: cannot write there ({error.strerror}). Give another --out") from error


def _write_config(out: Path, config: Config, deepspeed: Any) -> None:
    (out / "config.yaml").write_text(_show(config), encoding="utf-8")
    if deepspeed:
        (out / "deepspeed.json").write_bytes(orjson.dumps(deepspeed, option=orjson.OPT_INDENT_2))


def _write_summary(out: Path, config: Config, trainer: Any, result: Any, mixed: dict[str, Any], started: float) -> None:
    reports = [orjson.loads(line) for line in (out / "metrics.jsonl").read_bytes().splitlines()]
    speeds = sorted(report["tokens_per_second"] for report in reports)
    summary = {
        "stage": config.stage,
        "steps": trainer.state.global_step,
        "parameters": trainer.num_parameters,
        "world_size": world_size(),
        "loss_rule": "sum over trained tokens of the global step / their number",
        "final_loss": reports[-1]["loss"] if reports else None,
        "median_tokens_per_second": speeds[len(speeds) // 2] if speeds else None,
        "seconds": round(time.time() - started, 1),
        **{key: value for key, value in mixed.items() if key != "lines"},
    }
    part = out / "summary.json.part"
    part.write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2))
    part.replace(out / "summary.json")


def _show(config: Config) -> str:
    import yaml

    text: str = yaml.safe_dump(config.to_json(), sort_keys=False, allow_unicode=True)
    return text


def _say(text: str) -> None:
    if rank() == 0:
        print(text, flush=True)


def _quieten(transformers: Any) -> None:
    """Keep the libraries' start-up chatter out of the run's own lines; warnings and errors stay."""
    import logging
    import warnings

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    os.environ.setdefault("DEEPSPEED_LOG_LEVEL", "warning")
    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.distributed|deepspeed")
