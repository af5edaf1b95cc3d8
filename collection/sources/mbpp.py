"""MBPP: basic programming problems with a Python solution and tests.

    {"task_id": 12, "text": "Write a function to double a number.", "code": "def double(x):\\r\\n  return 2 * x",
     "test_list": ["assert double(2) == 4", …], "test_setup_code": "", "challenge_test_list": []}
    →   description "Write a function to double a number.⏎assert double(2) == 4⏎…"
        code        "def double(x):⏎  return 2 * x"

The tests belong to the request, as in upstream's own prompts: they alone say what the function is called. Almost every
``code`` has CR LF line ends. Upstream splits by number: 11 to 510 test, 511 to 600 validation, the rest training (1 to
10 are its examples for prompts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collection.sources.base import Licence, Reason, Rejected, Row, Upstream, require
from collection.sources.code_corpus import Corpus, Pair, texts
from collection.sources.row_files import read_jsonl_rows
from symbol_llm.record import Split


class Mbpp(Corpus):
    licence = Licence("CC-BY-4.0", True)
    upstream = Upstream(
        dataset="mbpp",
        url="https://github.com/google-research/google-research/tree/master/mbpp",
        revision="2251e8c67a7fe7d6348714967ee101080b28e956",
        citation="Austin et al. 2021, Program Synthesis with Large Language Models, arXiv:2108.07732",
        sizes={"train": 384, "validation": 90, "test": 500},
    )

    def read(self, folder: Path) -> Iterator[Row]:
        path = require(folder, "mbpp.jsonl", "data/mbpp.jsonl")[0]
        for row in read_jsonl_rows(path, folder, Split.TRAIN):
            number = row.data.get("task_id") if isinstance(row.data, dict) else None
            yield Row(row.file, row.index, split_of(number), row.data)

    def to_pair(self, data: Mapping[str, Any]) -> Pair | Rejected:
        fields = texts(data, "text", "code")
        if isinstance(fields, Rejected):
            return fields
        description, code = fields
        tests = data.get("test_list")
        if not isinstance(tests, list) or not all(isinstance(test, str) for test in tests):
            return Rejected(Reason.MALFORMED_ROW, "test_list is no list of texts")
        if not description.strip():
            return Rejected(Reason.EMPTY_INPUT, "the text is empty")
        lines = [" ".join(description.split()), *(test.strip() for test in tests)]
        return Pair("\n".join(lines), code)


def split_of(number: Any) -> Split:
    """The split of a problem by its number; a row without one is for training."""
    if isinstance(number, int) and 11 <= number <= 510:
        return Split.TEST
    return Split.VALIDATION if isinstance(number, int) and 511 <= number <= 600 else Split.TRAIN
