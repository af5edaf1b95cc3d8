"""``symbol-llm export-model``: a plain model folder from a training run's checkpoint."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from symbol_llm.console import emit, log
from symbol_llm.errors import UserError
from symbol_llm.options import Json

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Dtype(StrEnum):
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


@app.command()
def export_model(
    run: Annotated[Path, typer.Argument(help="--out folder of a training run, or one of its checkpoints.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the model.")],
    step: Annotated[str, typer.Option("--step", help="newest, best (lowest held-out loss) or a number.")] = "newest",
    dtype: Annotated[Dtype | None, typer.Option("--dtype", help="Type of the weights. Default: as trained.")] = None,
    shard_size: Annotated[str, typer.Option("--shard-size", help="Largest safetensors file.")] = "5GB",
    as_json: Json = False,
) -> None:
    """Consolidate a checkpoint of any ZeRO stage into safetensors that transformers and vLLM load."""
    from symbol_llm.training.consolidate import export_checkpoint, find_checkpoint

    if not run.is_dir():
        raise UserError(f"{run}: no such folder. Give the --out folder of a training run")
    if out.exists() and any(out.iterdir()) and not (out / "config.json").is_file():
        raise UserError(f"{out} holds other files. Give --out a new folder")
    checkpoint = find_checkpoint(run, step)
    num_parameters = export_checkpoint(checkpoint, out, dtype.value if dtype else None, shard_size)
    document = {
        "model": str(out),
        "checkpoint": str(checkpoint.folder),
        "step": checkpoint.step,
        "parameters": num_parameters,
        "bytes": sum(path.stat().st_size for path in out.glob("*.safetensors")),
    }
    if as_json:
        emit(document, None, as_json=True)
    log(
        f"{num_parameters:,} parameters of step {checkpoint.step}, {document['bytes']:,} bytes, in {out}. "
        f"Check it: symbol-llm eval symbolic --model {out} --data OUT --out EVAL"
    )
