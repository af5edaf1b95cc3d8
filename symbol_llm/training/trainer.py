"""`transformers.Trainer` for packed rows: its loop, its DeepSpeed and its resuming; our batches, loss and saves.

    loss of a step = sum over its trained tokens / their number, over all packs and processes of the step

This module subclasses Trainer, so it imports torch and transformers when it is imported: do that inside a function.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainerState, TrainingArguments

from symbol_llm.errors import CheckFailed
from symbol_llm.training import checkpoints
from symbol_llm.training.batches import ProcessPacks
from symbol_llm.training.collator import Collator
from symbol_llm.training.config import Config
from symbol_llm.training.deepspeed_config import deepspeed_config
from symbol_llm.training.guards import check_packed_equals_alone, refuse_attention_mask
from symbol_llm.training.held_out import HeldOut
from symbol_llm.training.loss import LossHead
from symbol_llm.training.metrics import MetricsFile, Progress, Tally


def make_arguments(
    config: Config, num_steps: int, accumulation: int, use_cpu: bool, is_universal: bool = False
) -> TrainingArguments:
    """Trainer's own settings. Under ZeRO-3 this must come before the model is loaded, which is then sharded."""
    optimizer, run, out = config.optimizer, config.run, Path(config.run.out)
    return TrainingArguments(
        output_dir=str(out / "checkpoints"),
        deepspeed=deepspeed_config(config, accumulation, is_universal) if config.deepspeed.stage else None,
        use_cpu=use_cpu,
        ddp_backend=("gloo" if use_cpu else "nccl") if config.deepspeed.stage else None,
        bf16=config.model.dtype == "bfloat16",
        per_device_train_batch_size=1,
        gradient_accumulation_steps=accumulation,
        average_tokens_across_devices=True,
        max_steps=num_steps,
        learning_rate=optimizer.learning_rate,
        lr_scheduler_type=optimizer.schedule,
        warmup_steps=optimizer.warmup,
        weight_decay=optimizer.weight_decay,
        adam_beta1=optimizer.beta1,
        adam_beta2=optimizer.beta2,
        adam_epsilon=optimizer.epsilon,
        max_grad_norm=optimizer.clip,
        seed=run.seed,
        logging_steps=run.log_every,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=run.save_every,
        eval_strategy="steps" if config.evaluation.every else "no",
        eval_steps=config.evaluation.every,
        metric_for_best_model="eval_loss" if config.evaluation.every else None,
        greater_is_better=False,
        save_total_limit=None,  # rotation comes after the marker, see _save_checkpoint
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
        dataloader_pin_memory=not use_cpu,
        log_level="error",
        log_level_replica="error",
    )


class PackedTrainer(Trainer):
    """Trains on packs. ``settings`` are those that a resumed run must share; they go into every marker."""

    def __init__(
        self,
        config: Config,
        arguments: TrainingArguments,
        model: Any,
        packs: ProcessPacks,
        collator: Collator,
        settings: dict[str, Any],
        held_out: HeldOut | None = None,
    ) -> None:
        # Trainer wants a data set to evaluate on; what is evaluated is ours, see ``evaluate``.
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=packs,
            eval_dataset=packs if held_out else None,
            data_collator=collator,
        )
        self.loss_head, self.held_out = LossHead(model), held_out
        self.config, self.settings, self.store = config, settings, collator.store
        self.num_parameters = sum(getattr(p, "ds_numel", p.numel()) for p in model.parameters())
        self.tally = Tally(self.store.task_names, self.num_parameters)
        self.stopped_early = False
        self.has_only_state = False  # the weights of the run were not loaded
        self._evaluated = (-1, {"eval_loss": float("inf")})  # step and report
        self.is_stopping = False  # all processes agree on it, once per step
        self._got_signal = False
        self.loss_is_scaled_for_ga = True
        self.callback_handler.callbacks = [
            c for c in self.callback_handler.callbacks if type(c).__name__ != "PrinterCallback"
        ]
        self.add_callback(_Guard(self))
        if self.is_world_process_zero():
            self.add_callback(_Reports(Path(config.run.out), config.run.tensorboard))

    def catch_signals(self) -> None:
        """On SIGTERM: finish the step, save a checkpoint, stop."""

        def remember(number: int, frame: Any) -> None:
            self._got_signal = True

        signal.signal(signal.SIGTERM, remember)

    def load_state_of(self, checkpoint: checkpoints.Checkpoint) -> None:
        """Take over where a finished run stands, without its weights."""
        self.state = TrainerState.load_from_json(str(checkpoint.folder / "trainer_state.json"))
        self.has_only_state = True

    # Batches

    def get_train_dataloader(self) -> DataLoader:
        """The packs of this process, already its own share, so accelerate must not deal them out again."""
        assert self.train_dataset is not None
        return DataLoader(self.train_dataset, batch_size=1, shuffle=False, collate_fn=self.data_collator)

    def _get_num_items_in_batch(self, batch_samples: list, device: torch.device) -> torch.Tensor:
        """Trained tokens of the step over all processes; the wish to stop travels in the same message."""
        for batch in batch_samples:
            refuse_attention_mask(batch)
        num_targets = sum(len(batch["targets"]) for batch in batch_samples)
        sums = torch.tensor([num_targets, int(self._got_signal)], device=device)
        if self.args.world_size > 1:
            dist.all_reduce(sums)
        self.is_stopping = bool(sums[1])
        return sums[0]

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Six operations per parameter and computed token."""
        return 6 * self.num_parameters * inputs["input_ids"].numel()

    # Loss

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Cross entropy of the trained tokens. Scaled by the processes, whose gradients are averaged."""
        targets, tasks = inputs.pop("targets"), inputs.pop("target_tasks")
        num_rows, num_tokens = inputs.pop("num_rows"), inputs.pop("num_tokens")
        total, losses = self.loss_head(model, inputs, targets)
        self.tally.add(losses, tasks, num_tokens, inputs["input_ids"].numel(), num_rows)
        return total / num_items_in_batch * self.args.world_size

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add loss per task and speed. Raises CheckFailed if the loss is not a number."""
        if "loss" in logs:
            logs |= self.tally.drain(self.args.world_size)
            bad = [key for key in ("loss", "grad_norm") if not abs(logs.get(key, 0.0)) < float("inf")]
            if bad:
                raise CheckFailed(
                    f"{bad[0]} became {logs[bad[0]]} at or before step {self.state.global_step}. Lower "
                    "optimizer.learning_rate and start again with another --out; checkpoints of this run stay"
                )
        super().log(logs, start_time)

    # Held-out rows

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Loss and scores on the held-out rows, once per step."""
        assert self.held_out is not None
        step = self.state.global_step
        if self._evaluated[0] != step:
            report = self.held_out.evaluate(self.model_wrapped, self.model, self.loss_head, self.args.device)
            self._evaluated = (step, report)
            self.log(dict(report))
            self.tally.restart_clock()
        return self._evaluated[1]

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        """A new best is saved at once; too many evaluations without one end the run."""
        is_best = super()._determine_best_metric(metrics, trial)
        if is_best:
            self.control.should_save = True
        if is_out_of_patience(self.config, self.state.global_step, self.state.best_global_step):
            self.stopped_early = self.control.should_save = self.control.should_training_stop = True
        return is_best

    # Checkpoints

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Export the weights. Checkpoints go without: DeepSpeed's own state holds them, more exactly."""
        if not (_internal_call and self.is_deepspeed_enabled):
            super().save_model(output_dir, _internal_call)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        root = Path(self.config.run.out) / "checkpoints"
        folder = root / f"checkpoint-{self.state.global_step}"
        if (folder / checkpoints.MARKER).exists():  # a finished run that was started again
            return
        checkpoints.check_space(root, self.num_parameters, self.weight_bytes, is_start=False)
        try:
            super()._save_checkpoint(model, trial)
        except (OSError, RuntimeError) as error:
            checkpoints.raise_if_full(root, error)
            raise
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            self.accelerator.unwrap_model(model).config.save_pretrained(folder)  # for an export without the run
            checkpoints.mark_complete(folder, self.state.global_step, self.args.world_size, self.settings)
            checkpoints.keep_last(root, self.config.run.keep, best=self.state.best_global_step)
        self.accelerator.wait_for_everyone()

    @property
    def weight_bytes(self) -> int:
        """Bytes of one weight."""
        return 4 if self.config.model.dtype == "float32" else 2


def is_out_of_patience(config: Config, step: int, best_step: int | None) -> bool:
    """Whether the held-out loss has not fallen for ``patience`` evaluations."""
    every, patience = config.evaluation.every, config.evaluation.patience
    return every is not None and patience is not None and (step - (best_step or 0)) // every >= patience


class _Guard(TrainerCallback):
    """Proof on the real model before the first step; a stop at the end of a step."""

    def __init__(self, trainer: PackedTrainer) -> None:
        self._trainer = trainer

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        trainer = self._trainer
        difference = check_packed_equals_alone(
            trainer.model_wrapped, trainer.store, args.device, trainer.config.model.dtype
        )
        if state.is_world_process_zero:
            print(f"packed rows give the logits that they give alone (largest difference {difference:.1e})", flush=True)
        trainer.tally.restart_clock()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._trainer.is_stopping and not control.should_training_stop:
            control.should_save = control.should_training_stop = True


class _Reports(TrainerCallback):
    """Writes reports from the first process."""

    def __init__(self, out: Path, has_tensorboard: bool) -> None:
        self._out, self._has_tensorboard = out, has_tensorboard
        self._writer: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._file = MetricsFile(self._out / "metrics.jsonl", state.global_step)
        self._progress = Progress(state.max_steps, state.global_step)
        if self._has_tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(self._out / "tensorboard", purge_step=state.global_step + 1)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        if not logs or not {"loss", "eval_loss"} & logs.keys():
            return
        report = {key: value for key, value in logs.items() if key not in {"epoch", "total_flos"}}
        self._file.write(state.global_step, report)
        self._progress.show(state.global_step, report)
        if self._writer is not None:
            for key, value in report.items():
                self._writer.add_scalar(key if "/" in key else f"train/{key}", value, state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._file.close()
        self._progress.close()
        if self._writer is not None:
            self._writer.close()
