"""The numbers of a finished demo as the README shows them: ``symbol-llm demo --markdown``."""

from __future__ import annotations

from typing import Any


def as_markdown(summary: dict[str, Any]) -> str:
    """A paragraph, the table of the scenes, the held-out symbols, and the seconds of the steps."""
    parts = [(scene, part) for scene, entry in summary["scenes"].items() for part in entry["parts"]]
    lines = [
        "A LLaMA of 0.6 million parameters, trained from random weights on the two cores that also build the data, on "
        "held-out items (one run; 95 % intervals). It shows that the line works, not how good large models get; "
        "numbers near zero are shown as they are.",
        "",
        "| scene | benchmark | solver | items | executed | correct | accuracy | majority | with gold symbols |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for scene, part in parts:
        low, high = part["interval"]
        guess = part["majority"]
        cells = (
            scene,
            part["benchmark"],
            part["engine"],
            part["items"],
            part["executed"],
            part["correct"],
            f"{part['accuracy']:.0%} ({100 * low:.0f}–{100 * high:.0f})",
            f"{guess['accuracy']:.0%}" if guess else "–",
            part["gold_correct"],
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    tasks = [f"{name} {entry['metric']} {entry['value']:.0%}" for name, entry in summary["tasks"].items()]
    seconds = [
        f"{name.replace('_', ' ')} {value:.0f} s" for name, value in summary["seconds"].items() if name != "total"
    ]
    lines += [
        "",
        f"Held-out symbols against gold ones, by the fields' metrics: {', '.join(tasks)}. Tasks ending in `.evolved` "
        "ask the same under names that the model has never seen. Majority: what always giving the commonest answer "
        "would reach.",
        "",
        f"The steps took {summary['seconds']['total'] / 60:.1f} minutes: {', '.join(seconds)}.",
    ]
    return "\n".join(lines)
