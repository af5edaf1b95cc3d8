"""`transformers.Trainer` for packed rows: its loop, its DeepSpeed and its resuming; our batches, loss and saves.

    loss of a step = sum over its trained tokens / their number, over all packs and processes of the step

This module subclasses Trainer, so it imports torch and transformers when it is imported: do that inside a function.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.utils.data import DataLoader
from transformers import TrainerCallback, TrainerState, TrainingArguments

from symbol_llm.training import checkpoints
from symbol_llm.training.batches import ProcessPacks
from symbol_llm.training.collator import Collator
from symbol_llm.training.config import Config
from symbol_llm.training.guards import check_packed_equals_alone, refuse_attention_mask
from symbol_llm.training.held_out import HeldOut
from symbol_llm.training.loss import LossHead
from symbol_llm.training.metrics import Tally
from symbol_llm.training.safe_trainer import Reports, SafeTrainer, shared_arguments


def make_arguments(
    config: Config, num_steps: int, accumulation: int, use_cpu: bool, is_universal: bool = False
) -> TrainingArguments:
    """Trainer's own settings. Under ZeRO-3 this must come before the model is loaded, which is then sharded."""
    return TrainingArguments(
        **shared_arguments(config, num_steps, accumulation, use_cpu, is_universal),
        average_tokens_across_devices=True,
        eval_strategy="steps" if config.evaluation.every else "no",
        eval_steps=config.evaluation.every,
        metric_for_best_model="eval_loss" if config.evaluation.every else None,
        greater_is_better=False,
    )


class PackedTrainer(SafeTrainer):
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
        self.num_parameters = self.count_parameters()
        self.tally = Tally(self.store.task_names, self.num_parameters)
        self.stopped_early = False
        self.has_only_state = False  # the weights of the run were not loaded
        self._evaluated = (-1, {"eval_loss": float("inf")})  # step and report
        self.is_stopping = False  # all processes agree on it, once per step
        self.loss_is_scaled_for_ga = True
        self.drop_printer()
        self.add_callback(_Guard(self))
        if self.is_world_process_zero():
            self.add_callback(Reports(Path(config.run.out), config.run.tensorboard))

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
        sums = torch.tensor([num_targets, int(self.got_signal)], device=device)
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
            self.check_finite(logs)
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


def is_out_of_patience(config: Config, step: int, best_step: int | None) -> bool:
    """Whether the held-out loss has not fallen for ``patience`` evaluations."""
    every, patience = config.evaluation.every, config.evaluation.patience
    return every is not None and patience is not None and (step - (best_step or 0)) // every >= patience


class _Guard(TrainerCallback):
    """Proof on the real model before the first step; a stop at the end of a step."""

    def __init__(self, trainer: PackedTrainer) -> None:
        self._trainer = trainer

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        trainer, batch = self._trainer, self._trainer.config.batch
        difference = check_packed_equals_alone(
            trainer.model_wrapped,
            trainer.store,
            args.device,
            trainer.config.model.dtype,
            batch.mode,
            batch.share_prefixes,
        )
        if state.is_world_process_zero:
            print(
                f"{batch.mode} rows give the logits that they give alone (largest difference {difference:.1e})",
                flush=True,
            )
        trainer.tally.restart_clock()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._trainer.is_stopping and not control.should_training_stop:
            control.should_save = control.should_training_stop = True
