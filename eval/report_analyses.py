"""The analyses of a run on its report page: tables as data, pictures as images.

    RUN/analysis/alignment.json, gains.json  →  {"alignment": [...], "gains": [...]}

A picture is an SVG of our own in a ``data:`` image, where no script runs and no link leads out.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from eval.analysis import alignment, gains

KINDS = (alignment.KIND, gains.KIND)
MAX_BYTES = 20_000_000


def gather_analyses(run: Path, notes: list[str]) -> dict[str, list[dict[str, Any]]]:
    """All analyses under a run folder; one that is broken or of another version becomes a note."""
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
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
