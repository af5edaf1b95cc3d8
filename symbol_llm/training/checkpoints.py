"""Checkpoints that are complete or do not count.

    RUN/checkpoints/checkpoint-500/complete.json   written last, after every process has saved: {"step": 500, …}

A folder without its marker is a save that was cut off; it is ignored and cleared away. A marked folder whose
files are not as the marker lists them is damaged, and that is an error, not a guess.
"""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from symbol_llm.errors import UserError
from symbol_llm.ledger import write_json

MARKER = "complete.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A complete checkpoint."""

    folder: Path
    step: int
    world_size: int
    settings: dict[str, Any]  # those that a resumed run must share


def mark_complete(folder: Path, step: int, world_size: int, settings: dict[str, Any]) -> None:
    """Write the marker with the size of every file. Call it once all processes have saved."""
    saved = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MARKER)
    files = {str(path.relative_to(folder)): path.stat().st_size for path in saved}
    write_json(folder / MARKER, {"step": step, "world_size": world_size, "settings": settings, "files": files})


def newest(folder: Path) -> Checkpoint | None:
    """The newest complete checkpoint, checked file by file. Raises UserError if it is damaged."""
    marked = _marked(folder)
    return open_checkpoint(marked[-1][1]) if marked else None


def open_checkpoint(path: Path) -> Checkpoint:
    """A complete checkpoint, checked file by file. Raises UserError if it is damaged."""
    repair = f"Delete {path} to go on from the one before it, or start afresh with another --out"
    try:
        marker = orjson.loads((path / MARKER).read_bytes())
        files, world_size, settings = marker["files"], marker["world_size"], marker["settings"]
        step = int(path.name.removeprefix("checkpoint-"))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"checkpoint {path} is damaged: its {MARKER} cannot be read ({error!r}). {repair}") from error
    for name, size in files.items():
        found = (path / name).stat().st_size if (path / name).is_file() else None
        if found != size:
            seen = "is missing" if found is None else f"has {found} bytes instead of {size}"
            raise UserError(f"checkpoint {path} is damaged: {name} {seen}. {repair}")
    return Checkpoint(path, step, world_size, settings)


def training_state(checkpoint: Checkpoint) -> dict[str, Any]:
    """Trainer's own account of the run so far: global_step, best_global_step, best_metric and so on."""
    state: dict[str, Any] = orjson.loads((checkpoint.folder / "trainer_state.json").read_bytes())
    return state


def check_same_run(checkpoint: Checkpoint, settings: dict[str, Any]) -> None:
    """Raises UserError if a checkpoint belongs to a run with other settings, naming what differs."""
    before, now = _flat(checkpoint.settings), _flat(settings)
    differing = [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
    if differing:
        shown = ", ".join(f"{key} was {before.get(key)} and is {now.get(key)}" for key in differing[:4])
        raise UserError(
            f"{checkpoint.folder} belongs to a run with other settings: {shown}. "
            "Give another --out, or the settings of that run"
        )


def make_universal(checkpoint: Checkpoint) -> None:
    """Add DeepSpeed's universal form, which any number of processes can load. Raises UserError if that fails."""
    name = (checkpoint.folder / "latest").read_text().strip()
    source, target = checkpoint.folder / name, checkpoint.folder / f"{name}_universal"
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "deepspeed.checkpoint.ds_to_universal", "--inject_missing_state"]
    converted = subprocess.run(
        [*command, "--input_folder", str(source), "--output_folder", str(target)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if converted.returncode:
        raise UserError(
            f"{source} was written by {checkpoint.world_size} processes and cannot be converted for another number: "
            f"{converted.stdout.strip().splitlines()[-1]}. Start with --num_gpus {checkpoint.world_size} to go on"
        )


def clear_incomplete(folder: Path) -> list[str]:
    """Remove what saves that were cut off left behind; returns the names."""
    if not folder.is_dir():
        return []
    cut_off = [p for p in folder.glob("checkpoint-*") if p.is_dir() and not (p / MARKER).is_file()]
    for path in cut_off:
        shutil.rmtree(path)
    return sorted(path.name for path in cut_off)


def keep_last(folder: Path, number: int, best: int | None = None) -> None:
    """Remove all but the newest ``number`` complete checkpoints and the one of step ``best``, their markers first."""
    for step, path in _marked(folder)[:-number]:
        if step != best:
            (path / MARKER).unlink()
            shutil.rmtree(path)


def check_space(folder: Path, num_parameters: int, weight_bytes: int, is_start: bool) -> None:
    """Raises UserError if the disk cannot hold one more checkpoint (and, at the start, the exported model).

    A checkpoint holds the weights, and for AdamW the fp32 weights and two moments.
    """
    needed = num_parameters * (weight_bytes + 12)
    if is_start:
        needed += num_parameters * weight_bytes
    free = shutil.disk_usage(folder).free
    if free < needed * 1.05:
        raise UserError(
            f"{folder}: {free / 1e9:.1f} GB are free, and a checkpoint of this model needs {needed / 1e9:.1f} GB. "
            "Free some space or give --out on another disk; the last complete checkpoint stays"
        )


def raise_if_full(folder: Path, error: Exception) -> None:
    """Raises UserError if a save failed for want of space: torch reports that as a failed write, without its cause."""
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or shutil.disk_usage(folder).free < 1 << 20:
        raise UserError(
            f"{folder}: the disk is full, the checkpoint was cut off ({error}). Free some space; the same command "
            "goes on from the newest complete checkpoint"
        ) from error


def _marked(folder: Path) -> list[tuple[int, Path]]:
    """Folders with a marker, by step."""
    found = []
    for path in folder.glob("checkpoint-*") if folder.is_dir() else ():
        number = path.name.removeprefix("checkpoint-")
        if number.isdigit() and (path / MARKER).is_file():
            found.append((int(number), path))
    return sorted(found)


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
