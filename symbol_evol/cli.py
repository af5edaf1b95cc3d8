"""``symbol-llm evolve IN --out OUT``: rename symbol definitions, and prove each renaming."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbol_llm.console import emit, log, make_table

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def evolve(
    folder: Annotated[Path, typer.Argument(metavar="IN", help="A built collection.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the evolved records.")],
    tasks: Annotated[str, typer.Option(help="Comma-separated; default: all that can be evolved.")] = "",
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Evolved records, as a share of the collection.")
    ] = 0.06,
    style: Annotated[str, typer.Option(help="paper or nonsense.")] = "paper",
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    seed: Annotated[int, typer.Option()] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Rename what the definitions introduce, leave the glosses, and prove that the meaning stays."""
    from symbol_evol.evolve import EvolveConfig, evolve

    chosen = tuple(name.strip() for name in tasks.split(",") if name.strip())
    manifest = evolve(EvolveConfig(chosen, share, style, seed), folder, out, workers)
    rows = []
    for task, entry in manifest["tasks"].items():
        counts = entry["counts"]
        proofs = ", ".join(f"{proof} {count}" for proof, count in entry["proofs"].items())
        reasons = ", ".join(f"{reason} {count}" for reason, count in entry["reasons"].items())
        rows.append([task, entry["format"], counts["read"], counts["kept"], counts["rejected"], proofs, reasons])
    table = make_table("Evolved", ("task", "format", "chosen", "proved", "refused", "proof", "reasons"), rows)
    emit(manifest, table, as_json=as_json)
    log(f"wrote {out}; check it with: symbol-llm collect verify {out}")
