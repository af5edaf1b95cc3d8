"""The plans of the experiment: what is trained on, in which form, and what is asked in the end.

    language-1, graph-1, code-1    the first pool of plans in three forms: line n of each is the same plan
    shuffled-1                     graph-1 with the traces dealt out anew among plans of equally many steps
    language-2, graph-2            the second pool, other plans
    tests/SPLIT_FORM.jsonl         what no training has, and tests/rules.json: what rules that do not search get right

Two stages take a pool each, about once, so that no arm reads its plans more often than another. Each folder also holds
rows of the split ``id`` (column split: validation) in its form, with right traces, to watch the training by.

The shuffled traces are the same traces: names, form and arithmetic stay, only what the plan has to do with them is
gone. Whatever they teach is no procedure.

    python -m recipes.procedures_cpu.plans OUT --rows 25600 --items 300 --watched 40
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import orjson

from collection.procedures import baselines, compact
from collection.procedures.convert import Written
from collection.procedures.critical_path import critical_time, walk_order
from collection.procedures.instance import Plan
from collection.procedures.paper_forms import label
from collection.procedures.splits import Split, draw, wordings_of
from collection.procedures.trace import trace

FORMS = ("language", "graph", "code")
POOLS = {"1": ("language", "graph", "code"), "2": ("language", "graph")}
SHUFFLED = "shuffled-1"
TEST_FORMS = ("language", "graph")
TESTS = (Split.ID, Split.TOPOLOGY, Split.LARGER, Split.PHRASING, Split.GREEDY_PROOF)
LARGEST = 5  # steps of a trained plan
# The share of plans of so many steps that is taken; all are about equally frequent, and small ones are learnt sooner.
_TAKEN = {3: 1.0, 4: 2 / 3, 5: 1 / 3}
_MIXED_SIZES = (Split.TRAIN, Split.ID, Split.PHRASING)
_WATCHED_SEED = 1  # the tests are drawn with seed 0


def drawn(split: Split, count: int, seed: int, forms: Sequence[str]) -> Iterator[tuple[Plan, dict[str, Written]]]:
    """``count`` plans of a split, each in some forms. All have LARGEST steps at most, those of ``larger`` one more."""
    is_larger = split is Split.LARGER
    source = Split.ID if is_larger else split
    index = 0
    while count:
        rng = Random(f"procedures/{source}/{seed}/{index}")
        plan = numbered(draw(source, rng))
        index += 1
        steps = len(plan.steps)
        if steps != LARGEST + 1 if is_larger else steps > LARGEST:
            continue
        if split in _MIXED_SIZES and rng.random() >= _TAKEN[steps]:
            continue
        wording = rng.choice(wordings_of(split))
        count -= 1
        yield plan, {form: written(plan, form, rng, wording) for form in forms}


def numbered(plan: Plan) -> Plan:
    """The same plan with its steps in an order in which they can be done, 1 first."""
    order = walk_order(plan)
    places = {old: new for new, old in enumerate(order)}
    steps = tuple(plan.steps[old]._replace(name=str(new)) for new, old in enumerate(order, 1))
    return Plan(steps, tuple(tuple(sorted(places[j] for j in plan.following[old])) for old in order), plan.title)


def written(plan: Plan, form: str, rng: Random, wording: str) -> Written:
    """A plan in a compact form; all forms list its steps, and the graph its times, in the plan's order."""
    if form == "code":
        ids = rng.sample(range(10, 100), len(plan.steps) + 2)
        ids[:-2] = sorted(ids[:-2])
        question, plan = compact.code(plan, ids), plan.renamed([str(i) for i in ids[:-2]])
    else:
        question = compact.graph(plan) if form == "graph" else compact.natural(plan, wording)
    return Written(question, label(critical_time(plan)), "min", trace(plan))


def row(form: str, written: Written, split: str) -> dict[str, str]:
    """One row as the engine reads it."""
    text = {"prompt": f"{written.question}\n", "completion": written.completion}
    return {"task": form, "format": "text", "split": split, **text}


def shuffled(rows: Sequence[dict[str, str]], rng: Random) -> list[dict[str, str]]:
    """The rows with their completions dealt out anew among those with equally many steps."""
    found = list(rows)
    places: dict[int, list[int]] = {}
    for place, one in enumerate(rows):
        places.setdefault(one["completion"].count(";"), []).append(place)
    for alike in places.values():
        taken = rng.sample(alike, len(alike))
        for place, other in zip(alike, taken):
            found[place] = {**rows[place], "completion": rows[other]["completion"]}
    return found


def write_plans(out: Path, num_rows: int, num_items: int, num_watched: int) -> None:
    """Write all folders."""
    watched: dict[str, list[dict[str, str]]] = {form: [] for form in FORMS}
    for _, forms_of in drawn(Split.ID, num_watched, _WATCHED_SEED, list(FORMS)):
        for form, one in forms_of.items():
            watched[form].append(row(form, one, "validation"))
    for pool, forms in POOLS.items():
        rows: dict[str, list[dict[str, str]]] = {form: [] for form in forms}
        for _, forms_of in drawn(Split.TRAIN, num_rows, int(pool), forms):
            for form, one in forms_of.items():
                rows[form].append(row(form, one, "train"))
        for form in forms:
            _write(out / f"{form}-{pool}" / "rows.jsonl", [*rows[form], *watched[form]])
        if pool == "1":
            _write(out / SHUFFLED / "rows.jsonl", [*shuffled(rows["graph"], Random(0)), *watched["graph"]])
    rules = {}
    for split in TESTS:
        plans = list(drawn(split, num_items, 0, TEST_FORMS))
        rules[split.value] = baselines.scores(plan for plan, _ in plans)
        for form in TEST_FORMS:
            _write(out / "tests" / f"{split}_{form}.jsonl", [found[form]._asdict() for _, found in plans])
    (out / "tests" / "rules.json").write_bytes(orjson.dumps(rules))


def _write(path: Path, rows: Sequence[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, required=True, help="plans of each pool")
    parser.add_argument("--items", type=int, required=True, help="plans of each test")
    parser.add_argument("--watched", type=int, required=True, help="held-out plans to watch the training by")
    given = parser.parse_args()
    write_plans(given.out, given.rows, given.items, given.watched)


if __name__ == "__main__":
    main()
