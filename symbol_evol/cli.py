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
    style: Annotated[
        str,
        typer.Option(
            help="Comma-separated, one is drawn per record: "
            "paper, nonsense, snake, camel, kebab, opaque, foreign, shuffled."
        ),
    ] = "paper",
    held_out_styles: Annotated[
        str, typer.Option("--held-out-styles", help="Styles for half of the validation and test records alone.")
    ] = "",
    raw: Annotated[
        Path | None,
        typer.Option("--raw", help="Folder of the raw datasets, for their databases; default $SYMBOL_LLM_RAW."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    seed: Annotated[int, typer.Option()] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Rename what the definitions introduce, leave the glosses, and prove that the meaning stays.

    Goes on where a killed run was.
    """
    from collection.cli import raw_folder
    from symbol_evol.evolve import EvolveConfig, evolve

    config = EvolveConfig(_words(tasks), share, _words(style), _words(held_out_styles), seed)
    manifest = evolve(config, folder, out, workers, raw_folder(raw))
    rows = []
    for task, entry in manifest["tasks"].items():
        counts = entry["counts"]
        told = [", ".join(f"{name} {count}" for name, count in entry[key].items()) for key in ("proofs", "styles")]
        reasons = ", ".join(f"{reason} {count}" for reason, count in entry["reasons"].items())
        rows.append([task, entry["format"], counts["read"], counts["kept"], counts["rejected"], *told, reasons])
    columns = ("task", "format", "chosen", "proved", "refused", "proof", "style", "reasons")
    emit(manifest, make_table("Evolved", columns, rows), as_json=as_json)
    log(f"wrote {out}; check it with: symbol-llm collect verify {out}")


def _words(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
