"""Which test items the training records of a collection ask, too: ``symbol-llm eval … --collection OUT``.

    gsm8k: 1,319 items, 3 asked in training; accuracy 0.612, without them 0.611

The comparison is the one that the build uses (``LeakIndex``): the same problem, the same words, or half of the 8-grams
of a long request. A collection that was built together with these test sets has none left; one that was built without
them, or elsewhere, may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from collection.decontaminate import LeakIndex
from collection.identity import Asked, asked_by, keys_of
from eval.delegation.base import Benchmark, Item
from eval.runner import Sampled
from eval.store import write_json
from symbol_llm.console import progress
from symbol_llm.errors import UserError
from symbol_llm.record import Split, read_parquet


class Asking(NamedTuple):
    """What an item asks, as the leak index compares it. ``problem`` is None where only the words tell."""

    id: str
    asked: Asked
    problem: int | None = None


class Trained(NamedTuple):
    """The training record that asks the same, and how that was seen."""

    record: str
    kind: str


def of_records(items: Iterable[Sampled]) -> list[Asking]:
    """What test records ask."""
    asking = []
    for name, record in items:
        keys = keys_of(record)
        asking.append(Asking(name, keys.asked, keys.problem))
    return asking


def of_items(benchmark: Benchmark, items: Iterable[Sampled]) -> list[Asking]:
    """What the items of a benchmark ask: the request is what stands between the prompt's last label and its cue."""
    source = benchmark.source
    label, cue = f"\n{source.prompt.input_label} ", f"\n{source.prompt.cue}\n"
    asking = []
    for name, item in items:
        assert isinstance(item, Item)
        request = item.prompt.rpartition(label)[2].removesuffix(cue)
        group = "" if item.group == item.id else item.group
        asking.append(Asking(name, asked_by(source.format, request, item.context.definitions, group)))
    return asking


def find_trained(folder: Path, asking: Mapping[str, Sequence[Asking]]) -> dict[str, dict[str, Trained]]:
    """By task and item: the first training or validation record of the collection in ``folder`` that asks the same.

    Raises UserError for a folder that is no collection.
    """
    files = sorted((folder / "records").glob("*.parquet"))
    if not files:
        raise UserError(f"--collection {folder}: no records/*.parquet here. Name a folder of: symbol-llm collect build")
    index = LeakIndex()
    # The index keeps one name per problem and per request; behind a name stand all items that ask the same words.
    same_words: dict[int, list[tuple[str, str]]] = {}
    same_problem: dict[int, list[tuple[str, str]]] = {}
    for task, items in asking.items():
        for item in items:
            same_words.setdefault(item.asked.request, []).append((task, item.id))
            if item.problem is not None:
                same_problem.setdefault(item.problem, []).append((task, item.id))
            index.add(f"{item.asked.request} {'' if item.problem is None else item.problem}", item.asked, item.problem)
    found: dict[str, dict[str, Trained]] = {task: {} for task in asking}
    with progress("compare with training records") as advance:
        for file in files:
            for record in read_parquet(file):
                advance()
                if record.split == Split.TEST:
                    continue
                keys = keys_of(record)
                leak = index.find(record.split, keys)
                if leak is None:
                    continue
                request, _, problem = leak.test.partition(" ")
                asked = same_problem[int(problem)] if leak.kind == "same problem" else same_words[int(request)]
                for task, item_id in asked:
                    found[task].setdefault(item_id, Trained(record.id, leak.kind))
    return found


def flag(folder: Path, asking: Mapping[str, Sequence[Asking]], out: Path) -> dict[str, set[str]]:
    """The ids per task that training records ask, too; which records, and how, goes to ``out``/contamination.json."""
    found = find_trained(folder, asking)
    items = [{"task": task, "id": item, **hit._asdict()} for task, hits in found.items() for item, hit in hits.items()]
    write_json(out / "contamination.json", {"collection": str(folder), "items": items})
    return {task: set(hits) for task, hits in found.items()}
