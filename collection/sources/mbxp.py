"""MBXP: the problems of MBPP in Python, Java and Go.

    data/mbxp/mbjp_release_v1.2.jsonl
    {"task_id": "MBJP/12", "language": "java", "entry_point": "twice", "description": "Write a function to …",
     "prompt": "import java.io.*;\\nclass Twice {\\n    /** … */\\n    public static int twice(int x) {\\n",
     "canonical_solution": "        return 2 * x;\\n    }\\n}", "test": "…"}
    →   description "Write a function to ….⏎Its name is twice."
        code        prompt and solution together, without the comment that repeats the description

A solution is null for many Java rows and for all Go rows: these are rejected. The ``examples/*_samples.jsonl`` are
completions of a model that nobody verified: they are not read. Splits are those of the MBPP problem of the same number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collection.sources.base import FilesMissing, Licence, Reason, Rejected, Row, Upstream
from collection.sources.code_corpus import Corpus, Pair, texts
from collection.sources.docstrings import without_docstring
from collection.sources.mbpp import split_of
from collection.sources.row_files import read_jsonl_rows
from symbol_llm.record import Split

_NAMES = {"python": "mbpp", "java": "mbjp", "go": "mbgp"}
_SIZES = {"python": 974, "java": 966, "go": 939}
_NUMBER = re.compile(r"\w+/(\d+)")
_JAVADOC = re.compile(r"[ \t]*/\*\*.*?\*/[ \t]*\n", re.DOTALL)
_LINE_COMMENTS = re.compile(r"^//[^\n]*\n", re.MULTILINE)


class Mbxp(Corpus):
    """The problems of one language: "python", "java" or "go"."""

    licence = Licence("CC-BY-4.0", True)

    def __init__(self, language: str) -> None:
        self.language = language
        self.upstream = Upstream(
            dataset="mbxp",
            url="https://github.com/amazon-science/mxeval",
            revision="e09974f990eeaf0c0e8f2b5eaff4be66effb2c86",
            citation=("Athiwaratkun et al. 2023, Multi-lingual Evaluation of Code Generation Models, arXiv:2210.14868"),
            sizes={"all": _SIZES[language]},
        )

    def read(self, folder: Path) -> Iterator[Row]:
        """The rows of the language's newest release."""
        name = f"{_NAMES[self.language]}_release_v"
        releases = [*folder.glob(f"data/mbxp/{name}*.jsonl"), *folder.glob(f"{name}*.jsonl")]
        if not releases:
            raise FilesMissing(f"{folder}: there is no data/mbxp/{name}1.jsonl or later. Place upstream's file there")
        path = max(releases, key=lambda path: [int(part) for part in re.findall(r"\d+", path.stem)])
        for row in read_jsonl_rows(path, folder, Split.TRAIN):
            text = row.data.get("task_id") if isinstance(row.data, dict) else None
            number = _NUMBER.fullmatch(text) if isinstance(text, str) else None
            yield Row(row.file, row.index, split_of(int(number[1]) if number else None), row.data)

    def to_pair(self, data: Mapping[str, Any]) -> Pair | Rejected:
        if data.get("canonical_solution", "") is None:
            return Rejected(Reason.NO_LABEL, "upstream gives no solution for this row")
        fields = texts(data, "description", "entry_point", "prompt", "canonical_solution")
        if isinstance(fields, Rejected):
            return fields
        description, name, prompt, solution = fields
        if not description.strip():
            return Rejected(Reason.EMPTY_INPUT, "the description is empty")
        match self.language:
            case "python":
                code = without_docstring(prompt + solution)
            case "java":
                code = _JAVADOC.sub("", prompt, count=1) + solution
            case _:
                code = _LINE_COMMENTS.sub("", prompt) + solution
        return Pair(f"{' '.join(description.split())}\nIts name is {name}.", code)
