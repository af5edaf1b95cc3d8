"""The tables that ``symbol-llm analyse`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from symbol_llm.console import make_table

if TYPE_CHECKING:
    from rich.table import Table


def alignment_tables(document: Mapping[str, Any]) -> Iterator[Table]:
    """Positive pairs of all models, one table of families per model, and the changes from model to model."""
    rows: list[Sequence[Any]] = []
    for model in document["models"]:
        rows.append(
            (model["name"], "uniformity", None, _three(model["uniformity"]), _span(model["uniformity_interval"]))
        )
        for kind, part in model["pairs"].items():
            rows.append(
                (
                    model["name"],
                    f"alignment, {kind} pairs",
                    part["pairs"],
                    _three(part["alignment"]),
                    _span(part["interval"]),
                    _three(part["chance"]),
                )
            )
    columns = ("model", "measure", "pairs", "value", "95 % interval", "pairs by chance")
    yield make_table("Alignment and uniformity (smaller: closer, more evenly spread)", columns, _padded(rows, 6))
    for model in document["models"]:
        families = [
            (
                part["family"],
                part["records"],
                _three(part["alignment"]),
                _span(part["interval"]),
                _three(part["uniformity"]),
                _span(part["uniformity_interval"]),
                _three(part["others"]),
            )
            for part in model["by_family"]
        ]
        heads = ("family", "records", "alignment", "95 % interval", "uniformity", "95 % interval", "to other families")
        yield make_table(f"{model['name']}, layer {model['layer']}", heads, families)
    changes = [
        (
            f"{change['from']} → {change['to']}",
            name,
            f"{part['difference']:+.3f}",
            _span(part["interval"]),
            part["is_real"],
        )
        for change in document["changes"]
        for name, part in change["measures"].items()
    ]
    if changes:
        yield make_table("Changes", ("models", "measure", "difference", "95 % interval", "real"), changes)


def gains_tables(document: Mapping[str, Any]) -> Iterator[Table]:
    """Tasks with their steps, families, the trade-off, moves of outcomes, buckets."""
    runs = document["runs"]
    rows: list[Sequence[Any]] = [
        (
            task["task"],
            task["kind"],
            task["metric"],
            task["items"],
            *map(_percent, task["values"]),
            _steps(task["steps"]),
        )
        for task in document["tasks"]
    ]
    rows += [
        (f"plain mean, {kind}", kind, "", None, *map(_percent, values), "")
        for kind, values in document["means"].items()
        if values
    ]
    columns = ("task", "kind", "metric", "items", *(f"{run} %" for run in runs), "steps (* real)")
    yield make_table(" → ".join(runs), columns, rows)
    families = [
        (part["family"], part["kind"], part["tasks"], *map(_percent, part["values"])) for part in document["families"]
    ]
    yield make_table("Families and scenes", ("family", "kind", "tasks", *(f"{run} %" for run in runs)), families)
    trade = [
        (entry["run"], *(_percent(entry[kind]) for kind in ("symbolic", "delegate", "general")))
        for entry in document["trade_off"]
    ]
    yield make_table("Trade-off", ("run", "symbolic %", "delegated %", "general %"), trade)
    for kind, flows in document["outcomes"].items():
        for flow in flows:
            ends = sorted({end for row in flow["matrix"].values() for end in row})
            cells = [(start, *(row.get(end, 0) for end in ends)) for start, row in flow["matrix"].items()]
            title = f"Outcomes, {kind}: {flow['from']} (rows) → {flow['to']} (columns)"
            yield make_table(title, ("", *ends), cells)
    buckets = [
        (part["kind"], part["measure"], part["bucket"], part["items"], *map(_percent, part["values"]))
        for part in document["buckets"]
    ]
    heads = ("kind", "measure", "bucket", "items", *(f"{run} right %" for run in runs))
    yield make_table("By length and nesting", heads, buckets)


def _steps(steps: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{step['to']} - {step['from']}: {100 * step['difference']:+.1f} "
        f"({100 * step['interval'][0]:+.1f} … {100 * step['interval'][1]:+.1f}){'*' if step['is_real'] else ''}"
        for step in steps
    )


def _padded(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [[*row, *[None] * (width - len(row))] for row in rows]


def _three(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"


def _span(interval: Sequence[float] | None) -> str | None:
    return None if interval is None else f"{interval[0]:.3f} … {interval[1]:.3f}"


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.1f}"
