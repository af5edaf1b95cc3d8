"""The tables that ``eval`` prints: numbers with their intervals, and the paper's beside them."""

from __future__ import annotations

from typing import Any

from symbol_llm.console import log, make_table

PAPER = ("7B Symbol-LLM", "13B Symbol-LLM")  # the columns of the published tables that stand beside a run


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def between(interval: list[float]) -> str:
    return f"{100 * interval[0]:.1f} … {100 * interval[1]:.1f}"


def symbolic_table(document: dict[str, Any]) -> Any:
    """One row per task, then means of families and groups."""
    rows: list[list[Any]] = []
    for name, task in document["tasks"].items():
        counts = " / ".join(str(task["equivalent"][key]) for key in ("yes", "no", "unknown"))
        rows.append(
            [name, task["items"], task["metric"], percent(task["value"]), between(task["interval"])]
            + [task["exact"], task["parsed"], counts, _paper(task["published"], task["metric"])]
        )
    for family, part in document["families"].items():
        rows.append([f"mean of {family}", part["tasks"], "tasks", percent(part["mean"]), "", None, None, "", ""])
    for group, part in document["groups"].items():
        name = f"plain mean of {group.replace('_', ' ')}"
        paper = _paper({"values": part["published"]}) if part["published"] else ""
        rows.append([name, part["tasks"], "tasks", percent(part["mean"]), "", None, None, "", paper])
    columns = ("task", "items", "metric", "%", "95 % interval", "exact", "parsed", "equivalent yes / no / unknown")
    return make_table("Symbolic", (*columns, "paper 7B / 13B"), rows)


def delegation_table(document: dict[str, Any]) -> Any:
    """One row per benchmark, and one for all of a scene."""
    rows = []
    for scene, parts in document["scenes"].items():
        totals = [("all", document["scene_totals"][scene])] if len(parts) > 1 else []
        for name, part in [(part["benchmark"], part) for part in parts] + totals:
            failed = {k: n for k, n in part["outcomes"].items() if k not in ("correct", "wrong")}
            rows.append(
                [
                    scene,
                    name,
                    part["items"],
                    part["executed"],
                    part["correct"],
                    percent(part["accuracy"]),
                    between(part["interval"]),
                    percent(part["accuracy_executed"]),
                    _baselines(part) if name != "all" else "–",
                    _paper(part.get("published")),
                    ", ".join(f"{outcome} {count}" for outcome, count in failed.items()) or "–",
                ]
            )
    columns = ("scene", "benchmark", "items", "executed", "correct", "%", "95 % interval", "% of executed")
    return make_table("Delegation", (*columns, "majority, random", "paper 7B / 13B", "not executed"), rows)


def samples_table(kind: str, parts: dict[str, dict[str, Any]]) -> Any | None:
    """pass@k and the vote of each task that was sampled more than once; None if none was."""
    sampled = {name: part["samples"] for name, part in parts.items() if "samples" in part}
    if not sampled:
        return None
    sizes = sorted({k for part in sampled.values() for k in part["pass_at"]}, key=int)
    rows = []
    for name, part in sampled.items():
        vote = part["vote"].get("accuracy", part["vote"].get("value"))
        rates = [percent(part["pass_at"][k]["value"]) if k in part["pass_at"] else "–" for k in sizes]
        rows.append([name, part["outputs"], *rates, percent(vote)])
    what = "equivalent symbols" if kind == "symbolic" else "right answers"
    return make_table(f"Samples: {what}", ("task", "outputs", *(f"pass@{k} %" for k in sizes), "vote %"), rows)


def say_faults(document: dict[str, Any], parts: dict[str, dict[str, Any]]) -> int:
    """Say aloud what was not answered or is contaminated; the number of outputs that no server gave."""
    for name, part in parts.items():
        if part["faults"]:
            log(f"{name}: on the way {', '.join(f'{fault} {n}' for fault, n in part['faults'].items())}")
        if found := part.get("contamination", {}).get("items"):
            log(f"warning: {name}: training records ask {found} of the {part['items']} items, too (contamination.json)")
    report = document["outputs"]
    if left_out := report.get("left_out"):
        log(f"warning: replayed rows left out: {', '.join(f'{fault} {n}' for fault, n in left_out.items())}")
        for line in report["named"]:
            log(f"    {line}")
    if missing := report.get("items_missing"):
        log(f"warning: {missing} items have no replayed output; {report['items_not_asked_for']} were not asked for")
    return sum(part["unanswered"] for part in parts.values())


def _baselines(part: dict[str, Any]) -> str:
    if not part["majority"]:
        return "–"
    majority, random = part["majority"], part["random"]
    return f"{percent(majority['accuracy'])} {majority['answer']}, {percent(random['accuracy'])}"


def _paper(published: dict[str, Any] | None, metric: str | None = None) -> str:
    if not published:
        return ""
    cells = [published["values"].get(model) for model in PAPER]
    text = " / ".join("–" if value is None else f"{value:.1f}" for value in cells)
    other = published.get("metric")
    return f"{text} ({other})" if metric and other != metric else text
