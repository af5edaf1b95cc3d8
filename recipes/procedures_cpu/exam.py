"""One model on all tests, greedily: right answers by the verifier, and how much of each trace is right.

OUT/greedy_proof_language.jsonl    {"item": 0, "text": "1 : 0 + 4 = 4 ; …", "judgement": "correct", "trace": 1.0}

python -m recipes.procedures_cpu.exam MODEL PLANS/tests OUT
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from collection.procedures.convert import read
from collection.procedures.trace import trace_accuracy
from collection.procedures.verifier import gold_of, judge
from eval.backends.base import Request, Sampling
from eval.backends.transformers_model import TransformersBackend
from recipes.procedures_cpu.plans import TEST_FORMS, TESTS
from symbol_llm.ledger import make_folder, write_bytes

LONGEST = 120  # new tokens; the trace of eight steps has at most 100
_BATCH = 100


def examine(model: Path, tests: Path, out: Path) -> dict[str, float]:
    """Write the answers to every test; returns the share of right ones."""
    sampling = Sampling(max_new_tokens=LONGEST)
    backend = TransformersBackend(str(model), sampling=sampling, batch_size=_BATCH, threads=1, shares_prefixes=False)
    make_folder(out)
    shares = {}
    for split in TESTS:
        for form in TEST_FORMS:
            name = f"{split}_{form}"
            items = [orjson.loads(line) for line in (tests / f"{name}.jsonl").open("rb")]
            asked = [Request(str(number), f"{item['question']}\n", "") for number, item in enumerate(items)]
            texts = {each.position: each.text for each in backend.generate(asked)}
            rows = judged(items, [texts[number] for number in range(len(items))])
            write_bytes(out / f"{name}.jsonl", b"".join(orjson.dumps(row) + b"\n" for row in rows))
            shares[name] = sum(row["judgement"] == "correct" for row in rows) / len(rows)
    return shares


def judged(items: Sequence[dict[str, Any]], texts: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each item."""
    return [
        {
            "item": number,
            "text": text,
            "judgement": judge(text, gold_of(item["answer"], item["unit"])).value,
            "trace": trace_accuracy(read(item["question"]), text),
        }
        for number, (item, text) in enumerate(zip(items, texts, strict=True))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("tests", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    for name, share in examine(given.model, given.tests, given.out).items():
        print(f"{name} {share:.1%}")


if __name__ == "__main__":
    main()
