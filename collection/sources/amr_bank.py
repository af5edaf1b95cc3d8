"""What all AMR banks share: a sentence, its graph, the words of the prompt, and splits where upstream gives none.

    {"id": "lpp_1943.14", "snt": "The boy slept .", "graph": "(s / sleep-01~e.2\\n      :ARG0 (b / boy~e.1))"}
    ->  input       The boy slept .
        completion  (s / sleep-01
                          :ARG0 (b / boy))

The graph keeps upstream's lines and indentation; alignments are dropped. Records without a graph have no label. A
sentence comes from ``::snt`` or, in the aligned releases, which lack it, from ``::tok``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from collection.sources.amr_files import joined, read_amr, without_alignments
from collection.sources.base import Example, Prompt, Reason, Rejected, Row, Source
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.record import Split

_SPLITS = {"train": Split.TRAIN, "training": Split.TRAIN, "dev": Split.VALIDATION, "test": Split.TEST}
_NAMED = re.compile(rf"(?<![a-z])({'|'.join(_SPLITS)})(?![a-z])")
_GUARDED = (Split.TEST, Split.VALIDATION, Split.TRAIN)
_NUMBER = re.compile(r"[._]\d+$")


class AmrBank(Source):
    """Sentences to AMR."""

    format = "amr"
    family = "AMR"
    prompt = Prompt(
        instructions=(
            "Write the Abstract Meaning Representation of the sentence.",
            "Translate the sentence into AMR.",
            "Parse the sentence into an AMR graph in PENMAN notation.",
            "Give the AMR graph that captures what the sentence means.",
            "Represent the meaning of the sentence as an AMR.",
            "Which AMR corresponds to this sentence?",
            "Turn the sentence into a graph of concepts and roles, written as AMR.",
            "Convert the text to its Abstract Meaning Representation.",
            "Read the sentence and write down its meaning in AMR.",
            "Annotate the sentence with an AMR graph.",
        ),
        input_label="The sentence is:",
        cue="The AMR is:",
    )

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        name, graph = row.data.get("id", ""), without_alignments(row.data["graph"])
        sentence = " ".join(row.data.get("snt", "").split()) or joined(row.data.get("tok", ""))
        if not graph:
            return Rejected(Reason.NO_LABEL, f"the record {name} has no graph")
        if not sentence:
            return Rejected(Reason.EMPTY_INPUT, f"the record {name} has neither ::snt nor ::tok")
        return Example(input=sentence, completion=graph, group=self.group(row.data))

    def group(self, record: dict[str, str]) -> str:
        """The document that a sentence is from: its id without the number of the sentence."""
        return _NUMBER.sub("", record.get("id", ""))


def read_bank(folder: Path, pattern: str, expected: str, unit: Callable[[dict[str, str]], str]) -> Iterator[Row]:
    """The rows of all files of a bank whose path ends in a match of ``pattern``, in the order of their names.

    A file with train, dev or test in its name is of that split. A record elsewhere is of the split that a file so named
    gives to its id, or to its unit (document or sentence); all others are drawn by a hash of the unit, about 80 / 10 /
    10 in a hundred. Raises FilesMissing naming ``expected``.
    """
    with upstream_files(folder, pattern, expected) as files:
        named = {name: split for name in files if (split := _split_of(name))}
        known: dict[str, Split] = {}  # of ids and of units
        if len(named) < len(files):
            for name in sorted(named, key=lambda name: _GUARDED.index(named[name])):
                for record in _read(files[name]):
                    if isinstance(record, dict):
                        known.setdefault(record.get("id", ""), named[name])
                        known.setdefault(unit(record), named[name])
            known.pop("", None)
        for name, file in files.items():
            for index, record in enumerate(_read(file)):
                split = named.get(name)
                if split is None and isinstance(record, dict):
                    split = known.get(record.get("id", "")) or known.get(unit(record)) or _draw(unit(record))
                yield Row(file.name, index, split or Split.TRAIN, record)


def _read(file: UpstreamFile) -> Iterator[dict[str, str] | Rejected]:
    with file.open() as stream:
        yield from read_amr(stream)


def _split_of(name: str) -> Split | None:
    found = _NAMED.search(Path(name).name.lower())
    return _SPLITS[found[1]] if found else None


def _draw(key: str) -> Split:
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
    return Split.TRAIN if share < 0.8 else Split.VALIDATION if share < 0.9 else Split.TEST
