"""A plain model folder from a complete checkpoint, whatever ZeRO stage and number of processes wrote it.

    symbol-llm export-model RUN --step best --dtype bfloat16 --out MODEL

Needs no GPU: the shards are put together in memory, 4 bytes a parameter and those of the target type. The folder is the
same that the run itself leaves in RUN/model, with the same weights bit for bit where the type is the same.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path
from typing import Any

import orjson

from symbol_llm.errors import UserError
from symbol_llm.training import checkpoints
from symbol_llm.training.checkpoints import Checkpoint
from symbol_llm.training.config import Config, load
from symbol_llm.training.encoding import TaskCount
from symbol_llm.training.export import finish_folder, part_folder, put_in_place

NEWEST, BEST = "newest", "best"


def find_checkpoint(path: Path, step: str = NEWEST) -> Checkpoint:
    """The checkpoint that a run folder, its checkpoints folder or a checkpoint folder means; ``step`` chooses.

    Raises UserError if there is none, or if it is damaged.
    """
    if (path / checkpoints.MARKER).is_file():
        return checkpoints.open_checkpoint(path)
    root = path / "checkpoints" if (path / "checkpoints").is_dir() else path
    found = checkpoints.newest(root)
    if found is None:
        raise UserError(f"{path}: no complete checkpoint here. Give the --out folder of a training run")
    if step == NEWEST:
        return found
    number: Any = step
    if step == BEST:
        number = checkpoints.training_state(found).get("best_global_step")
        if not number:
            raise UserError(f"{path}: the run was not evaluated, so none is best. Train with --evaluation.every STEPS")
    folder = root / f"checkpoint-{number}"
    if not (folder / checkpoints.MARKER).is_file():
        kept = sorted(int(p.parent.name.rpartition("-")[2]) for p in root.glob(f"checkpoint-*/{checkpoints.MARKER}"))
        raise UserError(f"{root}: no complete checkpoint of step {number}; there are {', '.join(map(str, kept))}")
    return checkpoints.open_checkpoint(folder)


def export_checkpoint(checkpoint: Checkpoint, folder: Path, dtype: str | None = None, shard_size: str = "5GB") -> int:
    """Write the model folder, which appears whole or not at all; returns the number of parameters.

    ``dtype`` is a torch type's name; default: the one that was trained. Raises UserError.
    """
    from transformers import AutoTokenizer

    run = checkpoint.folder.parent.parent
    config, counts = _read_run(run)
    model = _load(checkpoint, dtype or config.model.dtype)
    part = part_folder(folder)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    model.save_pretrained(part, max_shard_size=shard_size)
    finish_folder(part, AutoTokenizer.from_pretrained(run / "tokenizer"), config, counts, checkpoint.step)
    put_in_place(part, folder)
    return int(model.num_parameters())


def _read_run(run: Path) -> tuple[Config, dict[str, TaskCount]]:
    import yaml

    needed = [run / "config.yaml", run / "data" / "data.json", run / "tokenizer" / "tokenizer.json"]
    missing = [str(path.relative_to(run)) for path in needed if not path.is_file()]
    if missing:
        raise UserError(
            f"{run}: {', '.join(missing)} missing. Export from the run's own folder, or copy them beside it"
        )
    stage = yaml.safe_load(needed[0].read_text(encoding="utf-8"))["stage"]
    counts = orjson.loads(needed[1].read_bytes())["counts"]
    return load(needed[0], [], stage), {task: TaskCount(**count) for task, count in counts.items()}


def _load(checkpoint: Checkpoint, dtype: str) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folder, kind = checkpoint.folder, getattr(torch, dtype)
    if not (folder / "latest").is_file():  # written without DeepSpeed: already plain weights
        return AutoModelForCausalLM.from_pretrained(folder, dtype=kind)
    from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            state = get_fp32_state_dict_from_zero_checkpoint(str(folder))
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        raise UserError(f"{folder}: the shards cannot be put together ({error}). Take another --step") from error
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=kind)
    model.load_state_dict({name: value.to(kind) for name, value in state.items()}, strict=False, assign=True)
    model.tie_weights()
    empty = [name for name, value in model.named_parameters() if value.is_meta]
    if empty:
        raise UserError(f"{folder}: the checkpoint lacks {', '.join(empty[:3])}. Take another --step")
    return model
