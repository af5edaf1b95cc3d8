"""CodeSearchNet: functions of public repositories with their documentation, in Python, Java and Go.

    python/final/jsonl/train/python_train_0.jsonl.gz, one line:
    {"repo": "owner/name", "path": "a.py", "func_name": "half", "language": "python", "partition": "train",
     "code": "def half(x):\\n    'Half of a number.'\\n    return x / 2", "docstring": "Half of a number.",
     "url": "https://github.com/owner/name/blob/…#L1-L3", …}
    →   description "Half of a number."       code "def half(x):\\n    return x / 2"

The description is the first paragraph of the documentation; the code goes without the docstring, which would give
the description away. Files are read from the unpacked folders, compressed or not, else from upstream's
``python.zip``. Upstream's ``valid`` is our validation split. The rows of one repository are a group.

CodeXGLUE's code-to-text task is a cleaner subset, as ``python/train.jsonl`` … once its script has run, and these files
are read as well. ``listed_only`` keeps the same subset of upstream's files: the functions whose url is in CodeXGLUE's
lists (``CodeXGLUE_code-to-text/dataset/python/train.txt`` …). Its cloze tests are no pairs, a token is masked in them,
and ``queries.csv`` has no code: neither is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from collection.sources.base import Licence, Reason, Rejected, Row, Upstream, require
from collection.sources.code_corpus import Corpus, Pair, texts
from collection.sources.docstrings import first_paragraph, without_docstring
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.errors import UserError
from symbol_llm.record import Split

_SPLITS = {"train": Split.TRAIN, "valid": Split.VALIDATION, "test": Split.TEST}
_SIZES = {  # documented functions of each language, and CodeXGLUE's part of them
    ("python", False): {"all": 503_502},
    ("java", False): {"all": 542_991},
    ("go", False): {"all": 347_789},
    ("python", True): {"train": 251_820, "validation": 13_914, "test": 14_918},
    ("java", True): {"train": 164_923, "validation": 5_183, "test": 10_955},
    ("go", True): {"train": 167_288, "validation": 7_325, "test": 8_122},
}
_LISTS = "CodeXGLUE_code-to-text/dataset"
_POINTER = b"version https://git-lfs"


class CodeSearchNet(Corpus):
    """The functions of one language: "python", "java" or "go"."""

    licence = Licence("each function under the licence of its repository", False)

    def __init__(self, language: str, listed_only: bool = False) -> None:
        self.language = language
        self.listed_only = listed_only
        self.upstream = Upstream(
            dataset="codesearchnet",
            url="https://github.com/github/CodeSearchNet",
            revision="Zenodo record 7857872",
            citation=(
                "Husain et al. 2019, CodeSearchNet Challenge: Evaluating the State of Semantic Code Search, "
                "arXiv:1909.09436"
            ),
            sizes=_SIZES[language, listed_only],
        )

    def read(self, folder: Path) -> Iterator[Row]:
        """Train, valid, test; in each the shards by their number."""
        listed = self._listed(folder) if self.listed_only else None
        pattern = rf"{self.language}_(?:train|valid|test)_\d+\.jsonl|{self.language}/(?:train|valid|test)\.jsonl"
        with upstream_files(
            folder, pattern, f"{self.language}/final/jsonl/train/{self.language}_train_0.jsonl.gz"
        ) as files:
            for name, split in _SPLITS.items():
                for shard, file in files.items():
                    if re.search(rf"[_/]{name}(?:_\d+)?\.jsonl$", shard):
                        for index, data in enumerate(_rows(file)):
                            if listed is None or (isinstance(data, dict) and data.get("url") in listed):
                                yield Row(file.name, index, split, data)

    def _listed(self, folder: Path) -> set[str]:
        files = [f"{home}/{self.language}/{name}.txt" for home in (_LISTS, "dataset") for name in _SPLITS]
        return {line.strip() for path in require(folder, *files) for line in path.read_text("utf-8-sig").splitlines()}

    def to_pair(self, data: Mapping[str, Any]) -> Pair | Rejected:
        fields = texts(data, "docstring", "code")
        if isinstance(fields, Rejected):
            return fields
        documentation, code = fields
        if self.language == "python":
            code = without_docstring(code.replace("\r\n", "\n").replace("\r", "\n"))
            if not code:
                return Rejected(Reason.EMPTY_SYMBOL, "there is no code besides the docstring")
        description = first_paragraph(documentation)
        if not description:
            return Rejected(Reason.EMPTY_INPUT, "the documentation has no words before its tags")
        return Pair(description, code, group=str(data.get("repo", "")))


def _rows(file: UpstreamFile) -> Iterator[Any]:
    """The rows of a shard; a line that is not JSON is a rejected row."""
    if file.archive is None:
        with file.path.open("rb") as head:
            if head.read(len(_POINTER)) == _POINTER:
                raise UserError(f"{file.path}: a Git LFS pointer, not the data. Fetch the file itself: git lfs pull")
    with file.open() as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    yield Rejected(Reason.MALFORMED_ROW, f"line {number} is not JSON: {error}")
