"""CoNaLa: questions of Stack Overflow, rewritten by annotators, with a snippet of Python.

    {"intent": "How to sort by length?", "rewritten_intent": "sort list `words` by length of its elements",
     "snippet": "sorted(words, key=len)", "question_id": 123}
    →   description "sort list `words` by length of its elements"       code "sorted(words, key=len)"

Where there is no rewritten intent, the original one serves. Upstream has no validation split. Several rows may share
a question: they are a group. The automatically mined pairs (``conala-mined.jsonl``, about 594,000, noisy) are read only
if ``mined`` is set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collection.sources.base import Licence, Rejected, Row, Upstream, require
from collection.sources.code_corpus import Corpus, Pair, texts
from collection.sources.row_files import read_row_file
from symbol_llm.record import Split

_HOME = "conala-corpus"
_FILES = {"conala-train.json": Split.TRAIN, "conala-test.json": Split.TEST}
_MINED = "conala-mined.jsonl"


class Conala(Corpus):
    """The curated pairs; with ``mined`` the mined ones as well, for training."""

    licence = Licence("MIT", True)
    upstream = Upstream(
        dataset="conala",
        url="https://conala-corpus.github.io",
        revision="1.1",
        citation=(
            "Yin et al. 2018, Learning to Mine Aligned Code and Natural Language Pairs from Stack Overflow, "
            "arXiv:1805.08949"
        ),
        sizes={"train": 2_379, "test": 500},
    )

    def __init__(self, mined: bool = False) -> None:
        self.mined = mined

    def read(self, folder: Path) -> Iterator[Row]:
        names = [f"{home}{name}" for name in _FILES for home in (f"{_HOME}/", "")]
        for path in require(folder, *names):
            yield from read_row_file(path, folder, _FILES[path.name])
        if self.mined:
            path = require(folder, f"{_HOME}/{_MINED}", _MINED)[0]
            yield from read_row_file(path, folder, Split.TRAIN)

    def to_pair(self, data: Mapping[str, Any]) -> Pair | Rejected:
        fields = texts(data, "intent", "snippet")
        if isinstance(fields, Rejected):
            return fields
        intent, snippet = fields
        rewritten = data.get("rewritten_intent")
        description = rewritten if isinstance(rewritten, str) and rewritten.strip() else intent
        return Pair(" ".join(description.split()), snippet, group=str(data.get("question_id", "")))
