"""What a run reports: losses, speed and progress, in `metrics.jsonl`, TensorBoard and on the screen.

    {"step": 100, "loss": 0.52, "learning_rate": 0.002, "tokens_per_second": 14200, "task_loss/scan": 0.31, …}

Useful tokens are those of the rows as if nothing were shared and nothing padded, so they compare with any trainer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from symbol_llm.ledger import write_bytes

if TYPE_CHECKING:
    import torch

# Dense bf16 peak in TFLOP/s as the makers state it.
PEAK_TFLOPS = {"A100": 312.0, "A800": 312.0, "H100": 989.0, "H200": 989.0, "H800": 989.0, "B200": 2250.0}


class Tally:
    """Sums since the last report: loss and count per task, and tokens; summed over processes when drained."""

    def __init__(self, task_names: Sequence[str], num_parameters: int) -> None:
        self._tasks = task_names
        self._parameters = num_parameters
        self._losses: torch.Tensor | None = None  # [tasks, 2]: sum of losses, trained tokens
        self._counts = [0.0, 0.0, 0.0]  # useful tokens, computed tokens, rows
        self._since = time.perf_counter()

    def restart_clock(self) -> None:
        """Begin timing now."""
        self._since = time.perf_counter()

    def add(self, losses: torch.Tensor, tasks: torch.Tensor, num_tokens: int, num_computed: int, num_rows: int) -> None:
        """Take in one pack: ``losses`` and ``tasks`` [M] of its trained tokens."""
        import torch

        if self._losses is None:
            self._losses = torch.zeros(len(self._tasks), 2, dtype=torch.float64, device=losses.device)
        pairs = torch.stack([losses.double(), torch.ones_like(losses, dtype=torch.float64)], 1)
        self._losses.index_add_(0, tasks, pairs)
        self._counts = [a + b for a, b in zip(self._counts, (num_tokens, num_computed, num_rows), strict=True)]

    def drain(self, world_size: int) -> dict[str, float]:
        """The report since the last one, the same in every process; the sums start again."""
        import torch
        import torch.distributed as dist

        assert self._losses is not None, "a step came before the report"
        sums = torch.cat([self._losses.flatten(), self._losses.new_tensor(self._counts)])
        if world_size > 1:
            dist.all_reduce(sums)
        losses, counts = sums[:-3].view(-1, 2).tolist(), sums[-3:].tolist()
        seconds = time.perf_counter() - self._since
        report = {
            "tokens_per_second": counts[0] / seconds,
            "computed_tokens_per_second": counts[1] / seconds,
            "rows": counts[2],
            "trained_tokens": sum(n for _, n in losses),
        }
        peak = peak_flops(self._losses.device)
        if peak:
            report["mfu"] = 6 * self._parameters * report["computed_tokens_per_second"] / (peak * world_size)
        report |= {f"task_loss/{name}": s / n for name, (s, n) in zip(self._tasks, losses, strict=True) if n}
        self._losses.zero_()
        self._counts = [0.0, 0.0, 0.0]
        self.restart_clock()
        return report


class MetricsFile:
    """One JSON object per report. A resumed run first drops the reports of steps that it will do again."""

    def __init__(self, path: Path, first_step: int) -> None:
        kept = [line for line in _lines(path) if orjson.loads(line)["step"] <= first_step]
        write_bytes(path, b"".join(line + b"\n" for line in kept))
        self._file = path.open("ab")

    def write(self, step: int, report: dict[str, Any]) -> None:
        """Append one report and flush it."""
        rounded = {k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in report.items()}
        self._file.write(orjson.dumps({"step": step, **rounded}) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Progress:
    """A bar on a terminal, otherwise a line per report."""

    def __init__(self, num_steps: int, first_step: int) -> None:
        from tqdm import tqdm

        self._num_steps, self._first = num_steps, first_step
        self._start = time.perf_counter()
        self._bar = tqdm(total=num_steps, initial=first_step, unit="step", disable=not sys.stderr.isatty(), leave=False)

    def show(self, step: int, report: dict[str, float]) -> None:
        """Print one report."""
        if "eval_loss" in report:
            scores = [f"{key} {value:.3f}" for key, value in report.items() if key != "eval_seconds"]
            self._bar.write(f"step {step}/{self._num_steps}  held out: {'  '.join(scores)}", file=sys.stdout)
            sys.stdout.flush()
            return
        left = (time.perf_counter() - self._start) / max(1, step - self._first) * (self._num_steps - step)
        rewarded = ""
        if "reward" in report:
            flat = report.get("groups_without_spread", 0.0)
            rewarded = f"reward {report['reward']:.3f} (no spread in {flat:.0%} of the groups)  "
        text = (
            f"step {step}/{self._num_steps}  {rewarded}loss {report['loss']:.4f}  lr {report['learning_rate']:.2e}  "
            f"{report['tokens_per_second']:,.0f} tokens/s  {int(left) // 60}:{int(left) % 60:02d} left"
        )
        self._bar.update(step - self._bar.n)
        self._bar.write(text, file=sys.stdout)
        sys.stdout.flush()

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()


def _lines(path: Path) -> list[bytes]:
    """Whole lines of a file; a last line that was cut off is left out."""
    if not path.is_file():
        return []
    return path.read_bytes().split(b"\n")[:-1]


def peak_flops(device: torch.device) -> float | None:
    """Peak FLOP/s of one accelerator, where its maker's figure is known."""
    import torch

    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((peak * 1e12 for key, peak in PEAK_TFLOPS.items() if key in name), None)
