"""The single items of a run, packed: 10,000 of them in a page that opens at once.

    RUN/delegate/gsm8k.jsonl  →  {"labels": ["delegated: gsm8k"], "outcomes": ["wrong", …], "models": ["…/model"],
                                  "rows": [label, outcome, model, …], "chunk": 100, "chunks": ["7VZNb9s4…", …]}

The page filters by three small numbers per item, and unpacks (raw deflate, base64) only the chunks that it shows.
Files are read twice, line by line: once for the place of each item's last line, once for the items that are shown. No
more than one chunk and those places are in memory, however long the outputs are.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from collection.sources import SOURCES
from collection.sources import get as get_source
from eval.report_answers import answer_view
from eval.report_views import view_of
from eval.report_worlds import world_view
from eval.store import json_bytes
from eval.worlds import FOLDER as WORLDS
from eval.worlds import read_worlds

CHUNK = 100
TEXT_LIMITS = (3_000, 800, 200)  # characters of a text; the next one where a page would grow too large
MAX_DRAWN = 400  # molecules and trees of a run
FIELDS = ("id", "outcome", "prompt", "symbol", "gold", "message", "finish")
FORMAT_OF_SOLVER = {"planner": "pddl", **{name: name for name in ("python", "sql", "fol", "logic_program", "geometry")}}


class Evaluation(NamedTuple):
    """One evaluation folder; ``parts`` is what its summary says of each task."""

    folder: Path
    label: str
    model: str
    parts: dict[str, dict[str, Any]]


class Place(NamedTuple):
    """Where an item is stored: byte offset of its last line; and the world that it is about."""

    evaluation: Evaluation
    file: Path
    offset: int
    world: dict[str, Any]


def pack(evaluations: list[Evaluation], per_task: int, budget: int, notes: list[str]) -> dict[str, Any]:
    """Up to ``per_task`` items of each task, evenly spaced, in at most ``budget`` bytes of the page."""
    places = [place for evaluation in evaluations for place in _places(evaluation, per_task, notes)]
    for number, limit in enumerate(TEXT_LIMITS):
        packed = _packed(places, limit, budget, is_last=number == len(TEXT_LIMITS) - 1)
        if packed is not None:
            break
    assert packed is not None, "the last limit takes what fits"
    if limit < TEXT_LIMITS[0]:
        bare = ", and tables, scenes and answers not drawn" if limit == TEXT_LIMITS[-1] else ""
        notes.append(f"texts of items are cut at {limit} characters{bare}, so that the page stays small")
    if packed["count"] < len(places):
        notes.append(f"{packed['count']:,} of {len(places):,} items fit into the page. Choose fewer per task: --items")
    if packed.pop("undrawn"):
        notes.append(f"the first {MAX_DRAWN} molecules and trees are drawn, the others shown as text")
    return packed


def _places(evaluation: Evaluation, per_task: int, notes: list[str]) -> Iterator[Place]:
    for file in sorted(evaluation.folder.glob("*.jsonl")):
        offsets: dict[tuple[str, Any], int] = {}  # the last line of an id and sample counts
        num_broken = 0
        try:
            with file.open("rb") as lines:
                offset = 0
                for line in lines:
                    try:
                        row = orjson.loads(line)
                    except orjson.JSONDecodeError:
                        num_broken += 1
                    else:
                        if isinstance(row, dict) and isinstance(row.get("id"), str):
                            offsets[row["id"], str(row.get("sample", 0))] = offset
                    offset += len(line)
        except OSError as error:
            notes.append(f"{file} cannot be read ({error.strerror})")
            continue
        if num_broken:
            notes.append(f"{file.name}: {num_broken} lines are not JSON (a run that was cut off?) and are left out")
        stored = list(offsets.items())
        count = min(per_task, len(stored))
        if count < len(stored):
            notes.append(f"{file.stem}: {count} of {len(stored)} items are shown")
        chosen = [stored[number * len(stored) // count] for number in range(count)]
        try:
            worlds = read_worlds(evaluation.folder, file.stem, (name for (name, _), _ in chosen))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            notes.append(f"{file.stem}: its {WORLDS} cannot be read ({error}), so that no table and no scene is shown")
            worlds = {}
        for (name, _), offset in chosen:
            yield Place(evaluation, file, offset, worlds.get(name, {}))


def _packed(places: list[Place], limit: int, budget: int, *, is_last: bool) -> dict[str, Any] | None:
    """None if the items do not fit; with ``is_last`` those that do."""
    columns: dict[str, dict[str, int]] = {"labels": {}, "outcomes": {}, "models": {}}
    rows: list[int] = []
    chunks: list[str] = []
    waiting: list[dict[str, Any]] = []
    num_bytes = num_drawn = num_undrawn = 0

    def close() -> bool:
        nonlocal num_bytes
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        text = base64.b64encode(packer.compress(json_bytes(waiting)) + packer.flush()).decode("ascii")
        if num_bytes + len(text) > budget:
            return False
        num_bytes += len(text)
        chunks.append(text)
        waiting.clear()
        return True

    for place, row in _rows(places):
        shown = _shown(row, limit)
        shown |= {"task": place.file.stem, "run": place.evaluation.folder.parent.name}
        if not is_last:
            shown |= _worlds_views(row, place.world)
        if language := _format(place):
            shown["format"] = language
            for key in ("symbol", "gold"):
                view = view_of(language, row[key]) if isinstance(row.get(key), str) else None
                if view is not None and num_drawn < MAX_DRAWN:
                    num_drawn += 1
                    shown[f"{key}_view"] = view
                elif view is not None:
                    num_undrawn += 1
        waiting.append(shown)
        values = (
            ("labels", f"{place.evaluation.label}: {place.file.stem}"),
            ("outcomes", shown.get("outcome") or "not scored"),
            ("models", place.evaluation.model),
        )
        rows += [columns[column].setdefault(value, len(columns[column])) for column, value in values]
        if len(waiting) == CHUNK and not close():
            break
    if waiting and not close():
        if not is_last:
            return None
        del rows[3 * CHUNK * len(chunks) :]
    return {
        **{column: list(values) for column, values in columns.items()},
        "count": len(rows) // 3,
        "rows": rows,
        "chunk": CHUNK,
        "chunks": chunks,
        "undrawn": num_undrawn,
    }


def _rows(places: list[Place]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The items at their places; a file is opened once for all of its own."""
    file, path = None, None
    try:
        for place in places:
            if place.file != path:
                if file is not None:
                    file.close()
                file, path = place.file.open("rb"), place.file
            assert file is not None
            file.seek(place.offset)
            yield place, orjson.loads(file.readline())
    finally:
        if file is not None:
            file.close()


def _format(place: Place) -> str | None:
    part = place.evaluation.parts.get(place.file.stem) or {}
    if isinstance(part.get("format"), str):
        return str(part["format"])
    if isinstance(part.get("solver"), str):
        return FORMAT_OF_SOLVER.get(part["solver"])
    task = place.file.stem.removesuffix(".evolved")
    return get_source(task).format if task in SOURCES and place.evaluation.label == "symbolic" else None


def _shown(row: dict[str, Any], limit: int) -> dict[str, Any]:
    shown = {key: _cut(row.get(key), limit) for key in FIELDS}
    if sample := row.get("sample"):
        shown["id"] += f", sample {sample}"
    for key in ("answer", "gold_answer"):
        if key in row:
            shown[key] = _cut(row[key] if isinstance(row[key], str) else json_bytes(row[key]).decode(), limit)
    if row.get("output") != row.get("symbol"):
        shown["output"] = _cut(row.get("output"), limit)
    return {key: text for key, text in shown.items() if text}


def _worlds_views(row: dict[str, Any], world: dict[str, Any]) -> dict[str, Any]:
    """The drawings of an item's world and of its answer, where there are such."""
    symbols = " ".join(row[key] for key in ("symbol", "gold") if isinstance(row.get(key), str))
    views = {"world_view": world_view(world, symbols), "answer_view": answer_view(row.get("answer"), world)}
    return {key: view for key, view in views.items() if view is not None}


def _cut(value: Any, limit: int) -> str:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    left = len(text) - limit
    return text if left <= 0 else f"{text[:limit]}\n… ({left:,} more characters)"
