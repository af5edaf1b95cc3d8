"""``symbol-llm analyse``: what training did to a model.

```
symbol-llm analyse alignment --model runs/demo/injection/model --model runs/demo/infusion/model \\
    --data runs/demo/collection --evolved runs/demo/evolved --out runs/demo
symbol-llm analyse gains runs/base runs/injection runs/infusion --out runs/gains
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.analysis.choices import By, Dtype, Pooling, Splits, Text
from symbol_llm.console import emit, log
from symbol_llm.options import Json

if TYPE_CHECKING:
    import numpy as np
    from rich.table import Table

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command("alignment")
def alignment_command(
    models: Annotated[list[str], typer.Option("--model", help="Model folder or hub id; give several to compare them.")],
    data: Annotated[Path, typer.Option("--data", help="A built collection.")],
    evolved: Annotated[Path | None, typer.Option("--evolved", help="What `evolve` made of it: adds pairs.")] = None,
    layer: Annotated[int, typer.Option("--layer", help="0 embeddings, 1 first block …, -1 the last.")] = -1,
    pooling: Annotated[Pooling, typer.Option("--pooling", help="Over the tokens of the symbol.")] = Pooling.MEAN,
    text: Annotated[Text, typer.Option("--text", help="The symbol alone, or read after its prompt.")] = Text.SYMBOL,
    by: Annotated[By, typer.Option("--by", help="What a family is.")] = By.FAMILY,
    split: Annotated[Splits, typer.Option("--split", help="Which records.")] = Splits.TEST,
    limit: Annotated[int, typer.Option("--limit", min=2, help="Records per family, and pairs of each kind.")] = 200,
    centre: Annotated[bool, typer.Option("--centre", help="Subtract the mean vector before distances.")] = False,
    dtype: Annotated[Dtype, typer.Option("--dtype", help="Weights; auto: bfloat16 on a GPU.")] = Dtype.AUTO,
    batch_tokens: Annotated[int, typer.Option("--batch-tokens", min=1, help="Tokens in a batch, with padding.")] = 4096,
    max_length: Annotated[int, typer.Option("--max-length", min=2, help="Tokens of a text; the rest is cut.")] = 1024,
    seed: Annotated[int, typer.Option("--seed", help="Of choosing and resampling.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Run folder; writes RUN/analysis.")] = None,
    as_json: Json = False,
) -> None:
    """Alignment and uniformity of symbolic families in hidden states (Wang and Isola 2020)."""
    from eval.analysis.alignment import analyse, write
    from eval.analysis.chosen import choose
    from eval.analysis.hidden_states import HiddenStates
    from eval.analysis.tables import alignment_tables
    from symbol_llm.record import Split

    chosen = choose(
        data,
        evolved,
        by=by,
        split=None if split is Splits.ALL else Split(split),
        limit=limit,
        seed=seed,
    )

    def embed(path: str, texts: Sequence[tuple[str, str]]) -> tuple[np.ndarray, dict[str, Any]]:
        with HiddenStates(
            path,
            layer=layer,
            pooling=pooling,
            dtype=dtype,
            batch_tokens=batch_tokens,
            max_length=max_length,
        ) as model:
            vectors = model.embed(texts)
            if model.num_cut:
                log(f"note: {path}: {model.num_cut} of {len(texts)} texts were cut at {model.max_length} tokens")
            return vectors, {
                "fingerprint": model.fingerprint,
                "layer": model.layer,
                "layers": model.num_layers,
                "hidden_size": vectors.shape[1],
                "texts_cut": model.num_cut,
            }

    document = analyse(models, chosen, embed, text=text, is_centred=centre, seed=seed)
    document |= {
        "data": str(data),
        "evolved": None if evolved is None else str(evolved),
        "pooling": str(pooling),
        "by": str(by),
        "split": str(split),
        "limit": limit,
        "dtype": str(dtype),
    }
    _finish(document, alignment_tables(document), [] if out is None else write(document, out), out, as_json)


@app.command("gains")
def gains_command(
    runs: Annotated[list[Path], typer.Argument(help="Evaluated runs in the order of the stages, the base first.")],
    names: Annotated[str, typer.Option("--names", help="Comma-separated names of the runs.")] = "",
    seed: Annotated[int, typer.Option("--seed", help="Of resampling.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Run folder; writes RUN/analysis.")] = None,
    as_json: Json = False,
) -> None:
    """Which stage brought what: tasks, families, outcomes that moved, symbols against general ability."""
    from eval.analysis.gains import analyse, write
    from eval.analysis.tables import gains_tables

    document = analyse(runs, [name.strip() for name in names.split(",") if name.strip()], seed)
    _finish(document, gains_tables(document), [] if out is None else write(document, out), out, as_json)


def _finish(
    document: dict[str, Any], tables: Iterable[Table], files: Sequence[Path], out: Path | None, as_json: bool
) -> None:
    if as_json:
        emit(document, None, as_json=True)
    else:
        for table in tables:
            emit(document, table, as_json=False)
    for note in document["notes"]:
        log(f"note: {note}")
    if files:
        log(f"wrote {', '.join(map(str, files))}")
        log(f"look at it with: symbol-llm report {out} --out {out}/report")
