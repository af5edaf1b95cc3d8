"""The analyses of a run on its report page: tables as data, pictures as images.

    RUN/analysis/alignment.json, gains.json  →  {"alignment": [...], "gains": [...]}
    RUN/table.md, RUN/*.svg                  →  {"pages": [{"name": "table", "blocks": [...], "pictures": [...]}]}

The second is what an experiment of `recipes` leaves: paragraphs and tables in markdown, and its plots.

A picture is an SVG of our own in a ``data:`` image, where no script runs and no link leads out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from eval.analysis import alignment, gains

KINDS = (alignment.KIND, gains.KIND)
MAX_BYTES = 20_000_000
MAX_PICTURE = 300_000


def gather_analyses(run: Path, notes: list[str]) -> dict[str, list[dict[str, Any]]]:
    """All analyses under a run folder; one that is broken or of another version becomes a note."""
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    found["pages"] = _pages(run, notes)
    for path in sorted(run.rglob("analysis/*.json")):
        if path.stem not in KINDS:
            continue
        try:
            if path.stat().st_size > MAX_BYTES:
                notes.append(f"{path} is too large for the page")
                continue
            document = orjson.loads(path.read_bytes())
            found[path.stem].append(_VIEWS[path.stem](document))
        except (OSError, orjson.JSONDecodeError) as error:
            notes.append(f"{path} cannot be read ({error})")
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            notes.append(f"{path} is not an analysis of this version ({type(error).__name__}: {error}). Run it again")
    return found


def _pages(run: Path, notes: list[str]) -> list[dict[str, Any]]:
    """The tables and plots in the run's own folder."""
    blocks, pictures = [], []
    for path in sorted([*run.glob("table*.md"), *run.glob("*.svg")]):
        try:
            if path.stat().st_size > MAX_PICTURE:
                notes.append(f"{path} is too large for the page")
                continue
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            notes.append(f"{path} cannot be read ({error})")
            continue
        if path.suffix == ".svg":
            pictures.append(_image(text, f"Plot of the experiment: {path.stem}"))
        else:
            blocks += [_block(block) for block in re.split(r"\n\s*\n", text) if block.strip()]
    return [{"name": run.resolve().name, "blocks": blocks, "pictures": pictures}] if blocks or pictures else []


def _block(text: str) -> dict[str, Any]:
    """A table of markdown, or a paragraph as it is."""
    lines = [line.strip() for line in text.strip().splitlines()]
    is_table = len(lines) > 1 and all(line.startswith("|") for line in lines) and not lines[1].strip("|-: ")
    if not is_table:
        return {"text": _plain(" ".join(lines).lstrip("# "))}
    head, _, *rows = ([_plain(cell.strip()) for cell in line.strip("|").split("|")] for line in lines)
    return {"columns": head, "rows": rows}


def _plain(text: str) -> str:
    """Without what only markdown needs: escapes, and stars of emphasis."""
    return re.sub(r"\\([*_|<>`])|\*\*", lambda found: found[1] or "", text)


def _alignment(document: dict[str, Any]) -> dict[str, Any]:
    models = []
    for model, (heat, cloud) in zip(document["models"], alignment.pictures(document), strict=True):
        columns = ("name", "layer", "records", "uniformity", "uniformity_interval", "pairs", "by_family")
        models.append(
            {
                **{column: model[column] for column in columns},
                "pictures": [
                    _image(heat, f"Mean squared distance between families in {model['name']}"),
                    _image(cloud, f"First two principal components of the hidden states of {model['name']}"),
                ],
            }
        )
    said = ("text", "pooling", "split", "centred", "notes")
    return {"models": models, "changes": document["changes"], **{name: document.get(name) for name in said}}


def _gains(document: dict[str, Any]) -> dict[str, Any]:
    columns = ("runs", "tasks", "families", "means", "trade_off", "outcomes", "buckets", "notes")
    svg = gains.picture(document)
    return {
        **{column: document[column] for column in columns},
        "pictures": [] if svg is None else [_image(svg, "General ability against symbols, one point per run")],
    }


def _image(svg: str, alt: str) -> dict[str, str]:
    return {"src": f"data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8')).decode()}", "alt": alt}


_VIEWS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {alignment.KIND: _alignment, gains.KIND: _gains}
