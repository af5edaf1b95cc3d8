"""``symbol-llm analyse gains BASE INJECTION INFUSION``: which stage brought what, and what it cost.

    spider      1,034 items   3.2 → 61.0 → 59.1     injection +57.8 (+54.7 … +60.7)   infusion -1.9 (-4.0 … +0.3)
    outcomes    no_symbol 412 → parse_error 31, wrong 120, correct 261
    trade-off   symbolic 18.5 → 73.0 → 71.9         general 37.8 → 30.1 → 44.3

A run is the folder of ``symbol-llm eval … --out``; only items that all runs have are compared. Differences and their
intervals are those of ``eval compare``: clusters drawn whole, p corrected by Holm for all tests of the table.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from collection.sources import SOURCES
from collection.sources import get as get_source
from eval.analysis.pictures import trade_off
from eval.compare import ALPHA, Pairs, holm, judge
from eval.store import cannot_write, write_json
from eval.symbolic import score_of
from symbol_llm.errors import UserError
from symbol_llm.ledger import make_folder, write_bytes

KIND = "gains"
KINDS = ("symbolic", "delegate")
EDGES = (8, 16, 32, 64, 128)  # of lengths in tokens; the last bucket is open
DEPTHS = (0, 1, 2, 3)  # of nesting
_TOKEN = re.compile(r"\w+|[^\w\s]")

Row = Mapping[str, Any]


class TaskRows(NamedTuple):
    """One task of one run: what the summary says of it, and the samples of each item by id."""

    part: dict[str, Any]
    items: dict[str, list[Row]]


class Run(NamedTuple):
    """All evaluations of one run folder; ``general`` is the mean of general tasks (0..1), None without them."""

    name: str
    tasks: dict[tuple[str, str], TaskRows]
    general: float | None
    general_tasks: dict[str, float]


def analyse(folders: Sequence[Path], names: Sequence[str] = (), seed: int = 0) -> dict[str, Any]:
    """The document of the analysis. Raises UserError for fewer than two runs, and for runs without a common task."""
    if len(folders) < 2:
        raise UserError("give at least two runs, in the order of the stages: symbol-llm analyse gains BASE INJECTION …")
    if names and (len(names) != len(folders) or len(set(names)) < len(names)):
        raise UserError(f"--names must hold {len(folders)} different names, one per run")
    notes: list[str] = []
    labels = list(names) or _labels(folders)
    runs = [read_run(folder, name, notes) for folder, name in zip(folders, labels)]
    shared = [key for key in runs[0].tasks if all(key in run.tasks for run in runs)]
    for run in runs:
        if alone := [name for kind, name in run.tasks if (kind, name) not in shared]:
            notes.append(f"{run.name}: tasks that not all runs have are left out: {', '.join(alone)}")
    tasks, kept = [], {}
    for key in shared:
        items = _common(key, runs, notes)
        if items:
            kept[key] = items
            tasks.append(_task(key, runs, items, seed))
    if not tasks:
        raise UserError("the runs have no task with the same items. Evaluate all models on the same tasks")
    tests = [step for task in tasks for step in task["steps"]]
    for step, p in zip(tests, holm([step["p"] for step in tests])):
        step |= {"p_holm": p, "is_real": p < ALPHA}
    return {
        "kind": KIND,
        "runs": labels,
        "folders": [str(folder) for folder in folders],
        "tasks": tasks,
        "families": _families(tasks, len(runs)),
        "means": {kind: _mean([task["values"] for task in tasks if task["kind"] == kind], len(runs)) for kind in KINDS},
        "trade_off": _trade_off(tasks, runs),
        "outcomes": {kind: _flows(kind, kept, runs) for kind in KINDS if any(k == kind for k, _ in kept)},
        "buckets": _buckets(kept, runs),
        "notes": notes,
    }


def _labels(folders: Sequence[Path]) -> list[str]:
    """Names that tell the runs apart; the folder that only names the kind of evaluation says nothing."""
    parts = [[part for part in folder.resolve().parts if part not in KINDS] for folder in folders]
    for depth in range(1, 8):
        names = ["/".join(own[-depth:]) for own in parts]
        if len(set(names)) == len(names):
            return names
    return [f"run {number}" for number in range(1, len(folders) + 1)]


def read_run(folder: Path, name: str, notes: list[str]) -> Run:
    """The items of a run, finished or not. Raises UserError if there is no evaluation at all.

    Read without touching the files, so that a run that still goes on is not disturbed.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such run folder. Make one with: symbol-llm eval symbolic --out RUN")
    tasks: dict[tuple[str, str], TaskRows] = {}
    for kind in KINDS:
        place = folder / kind
        if not place.is_dir():
            if folder.name != kind:
                continue
            place = folder  # the evaluation itself was given
        summary = _object(place / "summary.json", notes, f"{name}: {kind} is not finished; the items so far count")
        parts: dict[str, Any] = summary.get("tasks") or {
            part.get("benchmark", ""): {"scene": scene, **part}
            for scene, benchmarks in (summary.get("scenes") or {}).items()
            for part in benchmarks
        }
        for file in sorted(place.glob("*.jsonl")):
            items = _items(file, notes)
            if items:
                tasks[kind, file.stem] = TaskRows(parts.get(file.stem) or {}, items)
    general = _object(folder / "general" / "summary.json", [], "") if (folder / "general").is_dir() else {}
    values = {
        group: total["value"]
        for group, total in (general.get("totals") or {}).items()
        if isinstance(total, dict) and isinstance(total.get("value"), int | float)
    }
    if not tasks:
        raise UserError(f"{folder}: no evaluation here (symbolic/*.jsonl, delegate/*.jsonl). Run: symbol-llm eval …")
    return Run(name, tasks, general.get("mean"), values)


def _object(path: Path, notes: list[str], if_missing: str) -> dict[str, Any]:
    try:
        value = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        notes.append(if_missing)
        return {}
    except (OSError, orjson.JSONDecodeError) as error:
        notes.append(f"{path} cannot be read ({error}); its items count all the same")
        return {}
    return value if isinstance(value, dict) else {}


_SCORE = ("metric", "value", "is_exact", "is_parsed", "is_equivalent", "counts")
_COLUMNS = ("id", "sample", "outcome", "group", "prompt", "gold", *_SCORE)


def _items(file: Path, notes: list[str]) -> dict[str, list[Row]]:
    rows: dict[tuple[str, int], Row] = {}
    num_broken = 0
    with file.open("rb") as lines:
        for line in lines:
            try:
                row = orjson.loads(line)
                rows[row["id"], row.get("sample", 0)] = {key: row[key] for key in _COLUMNS if key in row} | {
                    "outcome": row["outcome"]
                }
            except (ValueError, TypeError, KeyError, AttributeError):
                num_broken += 1
    if num_broken:
        notes.append(f"{file}: {num_broken} lines are not items (a run that was cut off?) and are left out")
    items: dict[str, list[Row]] = defaultdict(list)
    for (name, _), row in sorted(rows.items(), key=lambda entry: entry[0][1]):
        items[name].append(row)
    return dict(items)


def _common(key: tuple[str, str], runs: Sequence[Run], notes: list[str]) -> list[str]:
    """Ids that all runs have and in none of which the machine failed."""
    sides = [run.tasks[key].items for run in runs]
    shared = [name for name in sides[0] if all(name in side for side in sides)]
    kept = [name for name in shared if not any(row["outcome"] == "sandbox_error" for s in sides for row in s[name])]
    most = max(map(len, sides))
    if len(kept) < most:
        notes.append(f"{key[1]}: {len(kept)} of {most} items are compared; the others are not in all runs, or failed")
    return sorted(kept)


def _task(key: tuple[str, str], runs: Sequence[Run], ids: Sequence[str], seed: int) -> dict[str, Any]:
    kind, task = key
    part = next((run.tasks[key].part for run in runs if run.tasks[key].part), {})
    sides = [_measured(run.tasks[key].items, ids, kind, _format(kind, task, part)) for run in runs]
    groups = [sides[0][place][0].get("group") or name for place, name in enumerate(ids)]
    steps = []
    for number in range(1, len(runs)):
        for start in dict.fromkeys((number - 1, 0)) if number == len(runs) - 1 else (number - 1,):
            pairs = Pairs(kind, task, sides[start], sides[number], groups, 0, 0, 0, 0)
            found = judge(pairs, seed)
            steps.append(
                {
                    "from": runs[start].name,
                    "to": runs[number].name,
                    **{name: found[name] for name in ("value_a", "value_b", "difference", "interval", "p", "method")},
                }
            )
    by_name = {step["from"]: step["value_a"] for step in steps} | {step["to"]: step["value_b"] for step in steps}
    return {
        "kind": kind,
        "task": task,
        "family": _family(kind, task, part),
        "metric": part.get("metric") or ("accuracy" if kind == "delegate" else sides[0][0][0].get("metric", "")),
        "items": len(ids),
        "values": [by_name[run.name] for run in runs],
        "steps": steps,
    }


def _format(kind: str, task: str, part: Mapping[str, Any]) -> str | None:
    if kind == "delegate":
        return None
    name = part.get("format")
    base = task.removesuffix(".evolved")
    if name is None and base in SOURCES:
        name = get_source(base).format
    if name is None:
        raise UserError(f"task {task}: no summary says its format. Let that evaluation finish first")
    return str(name)


def _measured(
    items: Mapping[str, list[Row]], ids: Sequence[str], kind: str, format_name: str | None
) -> list[Sequence[Row]]:
    if kind == "delegate":
        return [items[name] for name in ids]
    return [[{**row, "format": format_name, "score": score_of(row)} for row in items[name]] for name in ids]


def _family(kind: str, task: str, part: Mapping[str, Any]) -> str:
    if kind == "delegate":
        return str(part.get("scene") or "other")
    base = task.removesuffix(".evolved")
    return str(part.get("family") or (get_source(base).family if base in SOURCES else "other"))


def _families(tasks: Sequence[Mapping[str, Any]], num_runs: int) -> list[dict[str, Any]]:
    """The plain mean over the tasks of each family or scene."""
    members: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for task in tasks:
        members[task["kind"], task["family"]].append(task["values"])
    return [
        {"kind": kind, "family": family, "tasks": len(values), "values": _mean(values, num_runs)}
        for (kind, family), values in members.items()
    ]


def _mean(values: Sequence[Sequence[float]], num_runs: int) -> list[float] | None:
    return [sum(own[k] for own in values) / len(values) for k in range(num_runs)] if values else None


def _trade_off(tasks: Sequence[Mapping[str, Any]], runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Per run the means of symbolic and delegated tasks, and of general ones where they were evaluated."""
    means = {kind: _mean([task["values"] for task in tasks if task["kind"] == kind], len(runs)) for kind in KINDS}
    return [
        {
            "run": run.name,
            **{kind: own[number] if own else None for kind, own in means.items()},
            "general": run.general,
            "general_tasks": run.general_tasks,
        }
        for number, run in enumerate(runs)
    ]


def _flows(kind: str, kept: Mapping[tuple[str, str], Sequence[str]], runs: Sequence[Run]) -> list[dict[str, Any]]:
    """How the outcomes of the same items moved from each run to the next; of several samples the first counts."""
    flows = []
    for before, after in pairwise(runs):
        matrix: dict[str, Counter[str]] = defaultdict(Counter)
        for key, ids in kept.items():
            if key[0] == kind:
                for name in ids:
                    a, b = before.tasks[key].items[name][0], after.tasks[key].items[name][0]
                    matrix[a["outcome"]][b["outcome"]] += 1
        flows.append(
            {
                "from": before.name,
                "to": after.name,
                "matrix": {start: dict(ends.most_common()) for start, ends in sorted(matrix.items())},
                "stayed": sum(ends[start] for start, ends in matrix.items()),
                "items": sum(ends.total() for ends in matrix.values()),
            }
        )
    return flows


def num_tokens(text: str) -> int:
    """Words and signs: a length that no tokenizer changes."""
    return len(_TOKEN.findall(text))


def nesting(text: str) -> int:
    """The deepest nesting of brackets; an unbalanced closing one counts for nothing."""
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}" and depth:
            depth -= 1
    return deepest


def _buckets(kept: Mapping[tuple[str, str], Sequence[str]], runs: Sequence[Run]) -> list[dict[str, Any]]:
    """The share of right items by length and nesting of the gold symbol, and by length of the prompt.

    Right is a correct answer, or a symbol that is exact or equivalent.
    """
    found: dict[tuple[str, str, int], list[list[int]]] = defaultdict(list)
    for (kind, task), ids in kept.items():
        for name in ids:
            rows = [run.tasks[kind, task].items[name][0] for run in runs]
            right = [int(row["outcome"] in ("correct", "exact", "equivalent")) for row in rows]
            if prompt := rows[0].get("prompt"):
                found[kind, "prompt tokens", _bucket(num_tokens(prompt), EDGES)].append(right)
            gold = rows[0].get("gold")
            if isinstance(gold, str) and gold:
                found[kind, "symbol tokens", _bucket(num_tokens(gold), EDGES)].append(right)
                found[kind, "symbol nesting", _bucket(nesting(gold), DEPTHS)].append(right)
    return [
        {
            "kind": kind,
            "measure": measure,
            "bucket": _bucket_name(place, DEPTHS if measure == "symbol nesting" else EDGES),
            "items": len(rights),
            "values": [sum(right[k] for right in rights) / len(rights) for k in range(len(runs))],
        }
        for (kind, measure, place), rights in sorted(found.items())
    ]


def _bucket(value: int, edges: Sequence[int]) -> int:
    return next((place for place, edge in enumerate(edges) if value <= edge), len(edges))


def _bucket_name(place: int, edges: Sequence[int]) -> str:
    low = edges[place - 1] + 1 if place else 0
    if place == len(edges):
        return f"{low} or more"
    return f"{low}" if low == edges[place] else f"{low}–{edges[place]}"


def picture(document: Mapping[str, Any]) -> str | None:
    """General ability against symbols, one point per run, as SVG; None where a run lacks general tasks."""
    points = [
        (entry["run"], entry["general"], entry["symbolic"] if entry["symbolic"] is not None else entry["delegate"])
        for entry in document["trade_off"]
    ]
    if any(x is None or y is None for _, x, y in points):
        return None
    what = "symbolic tasks" if document["means"]["symbolic"] else "delegated benchmarks"
    return trade_off(points, "what the stages gave and took", "general tasks, %", f"{what}, %")


def write(document: dict[str, Any], out: Path) -> list[Path]:
    """``out``/analysis/gains.json, and gains.svg where general tasks were evaluated; returns the files."""
    folder = make_folder(out / "analysis")
    files = [folder / "gains.json"]
    write_json(files[0], document)
    if svg := picture(document):
        files.append(folder / "gains.svg")
        try:
            write_bytes(files[1], svg.encode("utf-8"))
        except OSError as error:
            raise cannot_write(files[1], error) from error
    return files
