"""The command line of `injection/train.py` and `infusion/train.py`.

--config FILE --model PATH --data OUT… --out RUN --zero 3 --run.steps 200 --batch.share_prefixes=false
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from symbol_llm.errors import UserError
from symbol_llm.training.config import Config, load

_SHORT = {
    "method": "method", "model": "model.path", "data": "data.path", "out": "run.out", "zero": "deepspeed.stage",
    "seed": "run.seed",
}  # fmt: skip


def parse(stage: str, argv: Sequence[str] | None = None) -> Config:
    """The configuration that a command line asks for. Raises UserError."""
    parser = argparse.ArgumentParser(
        prog=f"deepspeed --num_gpus N {stage}/train.py",
        description=f"Train the {stage} stage. Any setting of the configuration can be given as --group.name VALUE.",
    )
    parser.add_argument("--config", type=Path, help=f"YAML file, see {stage}/configs/")
    parser.add_argument("--method", help="sft (default): learn given completions; grpo: rewarded ones (method)")
    parser.add_argument("--model", help="folder or hub id of the starting weights (model.path)")
    parser.add_argument("--data", nargs="+", help="collection folders, Parquet or JSONL files (data.path)")
    parser.add_argument("--out", help="folder for checkpoints, metrics and the model (run.out)")
    parser.add_argument("--zero", help="ZeRO stage 0, 1, 2 or 3 (deepspeed.stage)")
    parser.add_argument("--seed", help="seed of weights, order and mixture (run.seed)")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument("--local_rank", help=argparse.SUPPRESS)  # the deepspeed launcher adds it
    known, rest = parser.parse_known_args(argv)
    overrides: list[tuple[str, Any]] = _dotted(rest)
    for short, key in _SHORT.items():
        if getattr(known, short) is not None:
            overrides.append((key, getattr(known, short)))
    return load(known.config, overrides, stage)


def _dotted(rest: Sequence[str]) -> list[tuple[str, Any]]:
    """``--a.b 1 --c.d=2`` as pairs."""
    overrides = []
    words = list(rest)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if not name.startswith("--") or "." not in name:
            raise UserError(f"unknown option {word!r}. Settings are given as --group.name VALUE; see --help")
        if not equals:
            if not words or words[0].startswith("--"):
                raise UserError(f"{name}: a value is missing")
            value = words.pop(0)
        overrides.append((name[2:], value))
    return overrides


def wants_traceback(argv: Sequence[str] | None = None) -> bool:
    """Whether ``--debug`` was given."""
    return "--debug" in (sys.argv[1:] if argv is None else argv)
