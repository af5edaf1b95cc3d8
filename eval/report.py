"""The report: run folders → one static page that works from a file, without a network.

    RUN/summary.json             what the recipe counted: collection, training, tasks, scenes, seconds
    RUN/**/manifest.json         counts of collections, where the summary names none
    RUN/**/metrics.jsonl         loss curves, where the summary names none
    RUN/**/run.json              evaluation runs: their summaries and single items
    RUN/**/analysis/*.json       what `symbol-llm analyse` found
    → OUT/index.html

Whatever is missing or half-finished becomes a note on the page, and the rest is shown. Model output is untrusted:
it travels as JSON that cannot end its own script element, is rendered as text only, and the page's policy allows
no script but its own. Images are ``data:`` pictures of our own.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

import symbol_llm
from eval.report_analyses import gather_analyses
from eval.report_items import Evaluation, pack
from eval.store import cannot_write, json_bytes
from symbol_llm.errors import UserError
from symbol_llm.ledger import make_folder, write_bytes

CURVE_POINTS = 400
ITEM_BYTES = 4_000_000  # for items and analyses, shared by the runs: with the rest the page stays below 5 MB
SCRIPTS = ("page.js", "views.js", "items.js", "analyses.js", "start.js")
STAGES = ("injection", "infusion")
LABELS = {"delegate": "delegated", "symbolic": "symbolic", "gold": "gold symbols"}  # in the order of the items


def write_report(runs: Sequence[Path], out: Path, *, items_per_task: int = 300) -> dict[str, Any]:
    """Write ``out``/index.html; returns page, bytes, items and notes.

    Raises UserError if a run folder does not exist or ``out`` cannot be written.
    """
    for run in runs:
        if not run.is_dir():
            raise UserError(f"{run}: there is no such run folder. Make one with: symbol-llm demo, or symbol-llm eval")
    gathered = [gather(run, items_per_task, ITEM_BYTES // len(runs)) for run in runs]
    page = make_folder(out) / "index.html"
    html = render({"version": symbol_llm.__version__, "runs": gathered})
    try:
        write_bytes(page, html)
    except OSError as error:
        raise cannot_write(page, error) from error
    return {
        "page": str(page),
        "bytes": len(html),
        "items": sum(run["items"]["count"] for run in gathered),
        "notes": [f"{run['name']}: {note}" for run in gathered for note in run["notes"]],
    }


def render(data: dict[str, Any]) -> bytes:
    """The page with style, script and data inside, and a policy that allows nothing else."""
    folder = files("eval") / "report_page"
    style = (folder / "page.css").read_text("utf-8")
    script = "\n".join((folder / name).read_text("utf-8") for name in SCRIPTS)
    policy = (
        f"default-src 'none'; style-src '{_csp_hash(style)}'; script-src '{_csp_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = (folder / "page.html").read_text("utf-8")
    for mark, text in (("POLICY", policy), ("STYLE", style), ("SCRIPT", script), ("DATA", embeddable(data))):
        before, slot, after = page.partition(f"{{{{{mark}}}}}")
        assert slot, f"page.html has no slot {mark}"
        page = before + text + after
    return page.encode("utf-8")


def embeddable(data: Any) -> str:
    """JSON that is safe inside a script element: no character of it can begin a tag, comment or entity."""
    text = json_bytes(data).decode("utf-8")
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _csp_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}"


def gather(run: Path, items_per_task: int = 300, item_bytes: int = ITEM_BYTES) -> dict[str, Any]:
    """Everything that the page shows about one run, with a note for each thing that is missing or broken."""
    notes: list[str] = []
    summary = (_read_object(run / "summary.json", notes) or {}) if (run / "summary.json").exists() else {}
    tasks, scenes = _named(summary, "tasks", notes), _named(summary, "scenes", notes)
    by_model: dict[str, dict[str, Any]] = {"tasks": {}, "scenes": {}}
    by_gold: dict[str, dict[str, Any]] = {"tasks": {}, "scenes": {}}
    evaluations: list[Evaluation] = []
    twice: dict[str, None] = {}
    for folder, config in _evaluations(run, notes):
        is_gold = config.get("backend") == "gold"
        numbers = _read_object(folder / "summary.json", notes) or {}
        for key, entries in (by_gold if is_gold else by_model).items():
            new = _named(numbers, key, notes)
            twice |= {name: None for name in new if name in entries}
            entries.update(new)
        label = LABELS["gold" if is_gold else config["kind"]]
        parts = {part["benchmark"]: part for part in _benchmarks(_named(numbers, "scenes", [])) if "benchmark" in part}
        parts |= {name: part for name, part in _named(numbers, "tasks", []).items() if isinstance(part, dict)}
        evaluations.append(Evaluation(folder, label, str(config.get("model") or config.get("backend") or ""), parts))
    if twice:
        notes.append(f"evaluated more than once, of which the last one by folder is shown: {', '.join(twice)}")
    evaluations.sort(key=lambda evaluation: list(LABELS.values()).index(evaluation.label))
    analyses = gather_analyses(run, notes)
    room = item_bytes - len(json_bytes(analyses))  # pictures of many families leave less for items
    items = pack(evaluations, items_per_task, max(0, room), notes)
    seconds = summary.get("seconds")
    shown_scenes = scenes or by_model["scenes"]
    if by_gold["scenes"] and not shown_scenes:
        notes.append("only gold symbols were executed: the numbers are ceilings, no model wrote anything")
    gathered: dict[str, Any] = {
        "name": run.resolve().name,
        "collection": _entries(_named(summary, "collection", notes), "task", notes) or _manifests(run, notes),
        "training": _curves(run, summary.get("training"), notes),
        "tasks": _entries(tasks or by_model["tasks"] or by_gold["tasks"], "task", notes),
        "scenes": _benchmarks(shown_scenes or by_gold["scenes"]),
        "seconds": {"total": seconds} if _is_finite(seconds) else _named(summary, "seconds", notes),
        "items": items,
        "analyses": analyses,
    }
    said = {
        "scenes": "delegated benchmarks",
        "tasks": "symbolic scores",
        "training": "loss curves",
        "collection": "counts of a collection",
        "analyses": "analyses",
        "items": "single items",
    }
    present = {**gathered, "items": items["count"], "analyses": any(analyses.values())}
    absent = [text for key, text in said.items() if not present[key]]
    if len(absent) == len(said):
        notes.append("nothing of a run is in this folder: no step has finished here, or it is another folder")
    return {**gathered, "absent": absent, "notes": notes}


def _read_object(path: Path, notes: list[str]) -> dict[str, Any] | None:
    try:
        value = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        notes.append(f"{path.name} of {path.parent.name} is not there: that step has not finished")
        return None
    except (OSError, orjson.JSONDecodeError) as error:
        notes.append(f"{path} cannot be read ({error})")
        return None
    if not isinstance(value, dict):
        notes.append(f"{path} is not a JSON object")
        return None
    return value


def _evaluations(run: Path, notes: list[str]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The evaluation runs under a folder, each with its configuration."""
    for file in sorted(run.rglob("run.json")):
        config = _read_object(file, notes)
        if config is not None and config.get("kind") in ("symbolic", "delegate"):
            yield file.parent, config


def _benchmarks(scenes: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry per benchmark: a scene is a list of them, or an object that may hold them as its parts."""
    benchmarks: list[dict[str, Any]] = []
    for scene, given in scenes.items():
        parts = given.get("parts", [given]) if isinstance(given, dict) else given
        benchmarks.extend({**part, "scene": scene} for part in parts if isinstance(part, dict))
    return benchmarks


def _named(summary: dict[str, Any], key: str, notes: list[str], file: str = "summary.json") -> dict[str, Any]:
    value = summary.get(key) or {}
    if not isinstance(value, dict):
        notes.append(f"{file}: {key!r} is not an object and is left out")
        return {}
    return value


def _entries(named: dict[str, Any], key: str, notes: list[str]) -> list[dict[str, Any]]:
    broken = [name for name, entry in named.items() if not isinstance(entry, dict)]
    if broken:
        notes.append(f"entries that are not objects are left out: {', '.join(broken)}")
    return [{**entry, key: name} for name, entry in named.items() if name not in broken]


def _manifests(run: Path, notes: list[str]) -> list[dict[str, Any]]:
    """The counts of the collections under a run, from their manifests."""
    entries = []
    for path in sorted(run.rglob("manifest.json")):
        manifest = _read_object(path, notes) or {}
        for task in _entries(_named(manifest, "tasks", notes, path.name), "task", notes):
            counts = task.get("counts")
            if isinstance(counts, dict):
                entries.append({**task, **counts, "reasons": task.get("reasons") or {}})
    columns = ("task", "format", "origin", "licence", "read", "kept", "rejected", "duplicates", "leaks", "reasons")
    return [{column: entry[column] for column in columns if column in entry} for entry in entries]


def _curves(run: Path, training: Any, notes: list[str]) -> list[dict[str, Any]]:
    """The loss curves of both stages; of a folder that is a training run itself, its own."""
    curves = [curve for stage in STAGES if (curve := _curve(run, stage, training, notes))]
    own = run / "metrics.jsonl"
    if not curves and own.is_file() and (curve := _points(run.resolve().name, list(_lines(own, notes)))):
        curves.append(curve)
    return curves


def _curve(run: Path, stage: str, training: Any, notes: list[str]) -> dict[str, Any] | None:
    """Loss by step of one stage: rows or a path in the summary, else the stage's metrics.jsonl under the run."""
    given = training.get(stage) if isinstance(training, dict) else None
    if isinstance(given, dict):
        given = given.get("metrics")
    if isinstance(given, list):
        return _points(stage, given)
    paths = [run / given] if isinstance(given, str) else sorted(run.rglob(f"{stage}/**/metrics.jsonl"))
    return _points(stage, list(_lines(paths[0], notes))) if paths else None


def _points(stage: str, rows: list[Any]) -> dict[str, Any] | None:
    points = [
        [row["step"], row["loss"]]
        for row in rows
        if isinstance(row, dict) and _is_finite(row.get("step")) and _is_finite(row.get("loss"))
    ]
    if not points:
        return None
    stride = math.ceil(len(points) / CURVE_POINTS)
    kept = points[::stride] if (len(points) - 1) % stride == 0 else [*points[::stride], points[-1]]
    return {"stage": stage, "points": kept, "steps": len(points)}


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _lines(path: Path, notes: list[str]) -> Iterator[Any]:
    """The JSON lines of a file; unreadable ones are counted in a note."""
    num_broken = 0
    try:
        with path.open("rb") as file:
            for line in file:
                try:
                    yield orjson.loads(line)
                except orjson.JSONDecodeError:
                    num_broken += 1
    except OSError as error:
        notes.append(f"{path} cannot be read ({error.strerror})")
    if num_broken:
        notes.append(f"{path.name}: {num_broken} lines are not JSON (a run that was cut off?) and are left out")
