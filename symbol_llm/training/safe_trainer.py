"""What all trainers of this package share: settings, reports, and checkpoints that are whole or do not count.

    class PackedTrainer(SafeTrainer)                    supervised
    class RewardedTrainer(SafeTrainer, GRPOTrainer)     by reinforcement

A trainer sets ``config``, ``settings`` (those that a resumed run must share) and ``num_parameters``.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from transformers import Trainer, TrainerCallback

from symbol_llm.errors import CheckFailed
from symbol_llm.training import checkpoints
from symbol_llm.training.config import Config
from symbol_llm.training.deepspeed_config import deepspeed_config
from symbol_llm.training.metrics import MetricsFile, Progress


def shared_arguments(
    config: Config, num_steps: int, accumulation: int, use_cpu: bool, is_universal: bool = False, micro_batch: int = 1
) -> dict[str, Any]:
    """Settings of Trainer that do not depend on the method; ``micro_batch`` of one process in one forward pass."""
    optimizer, run, out = config.optimizer, config.run, Path(config.run.out)
    has_deepspeed = config.deepspeed.stage > 0
    return {
        "output_dir": str(out / "checkpoints"),
        "deepspeed": deepspeed_config(config, accumulation, is_universal, micro_batch) if has_deepspeed else None,
        "use_cpu": use_cpu,
        "ddp_backend": ("gloo" if use_cpu else "nccl") if has_deepspeed else None,
        "bf16": config.model.dtype == "bfloat16",
        "per_device_train_batch_size": micro_batch,
        "gradient_accumulation_steps": accumulation,
        "max_steps": num_steps,
        "learning_rate": optimizer.learning_rate,
        "lr_scheduler_type": optimizer.schedule,
        "warmup_steps": optimizer.warmup,
        "weight_decay": optimizer.weight_decay,
        "adam_beta1": optimizer.beta1,
        "adam_beta2": optimizer.beta2,
        "adam_epsilon": optimizer.epsilon,
        "max_grad_norm": optimizer.clip,
        "seed": run.seed,
        "logging_steps": run.log_every,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": run.save_every,
        "save_total_limit": None,  # rotation comes after the marker, see _save_checkpoint
        "disable_tqdm": True,
        "report_to": "none",
        "remove_unused_columns": False,
        "dataloader_pin_memory": not use_cpu,
        "log_level": "error",
        "log_level_replica": "error",
    }


class SafeTrainer(Trainer):
    """Trainer, with our checkpoints and a calm end on SIGTERM."""

    config: Config
    settings: dict[str, Any]
    num_parameters: int
    got_signal = False

    def catch_signals(self) -> None:
        """On SIGTERM: finish the step, save a checkpoint, stop."""

        def remember(number: int, frame: Any) -> None:
            self.got_signal = True

        signal.signal(signal.SIGTERM, remember)

    def drop_printer(self) -> None:
        """Trainer prints every report as a dictionary; runs have lines of their own."""
        self.callback_handler.callbacks = [
            c for c in self.callback_handler.callbacks if type(c).__name__ != "PrinterCallback"
        ]

    def count_parameters(self) -> int:
        """Parameters of the model; under ZeRO-3 a process holds only a part of each."""
        model: Any = self.model
        return sum(int(getattr(p, "ds_numel", p.numel())) for p in model.parameters())

    @property
    def weight_bytes(self) -> int:
        """Bytes of one weight."""
        return 4 if self.config.model.dtype == "float32" else 2

    def check_finite(self, logs: dict[str, float]) -> None:
        """Raises CheckFailed if loss or gradient are no numbers any more."""
        for key in ("loss", "grad_norm"):
            if not abs(logs.get(key, 0.0)) < float("inf"):
                raise CheckFailed(
                    f"{key} became {logs[key]} at or before step {self.state.global_step}. Lower "
                    "optimizer.learning_rate and start again with another --out; checkpoints of this run stay"
                )

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


class Reports(TrainerCallback):
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
