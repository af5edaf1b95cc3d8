"""CONCODE: Java methods with their documentation and the members of their class.

    {"nl": "returns the size . concode_field_sep int _size concode_elem_sep Map _map concode_field_sep void clear",
     "code": "int function ( ) { return _size ; }"}
    →   description "returns the size ."
        definitions int _size⏎Map _map⏎void clear
        code        "int function ( ) { return _size ; }"

Files are JSON lines despite their names. The members that upstream lists after the description are its fields and
methods; it names methods ``function`` and locals ``loc0``, ``arg0``. The test file is blind: its rows have no code and
are rejected as such. So upstream's dev file is our test split, as in the literature.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collection.sources.base import Licence, Reason, Rejected, Row, Upstream, require
from collection.sources.code_corpus import Corpus, Pair, texts
from collection.sources.row_files import read_jsonl_rows
from symbol_llm.record import Split

_FILES = {"train.json": Split.TRAIN, "dev.json": Split.TEST, "test.json": Split.TEST}
_PART, _MEMBER = "concode_field_sep", "concode_elem_sep"
# "PlaceHolder placeHolder", "placeholderType placeHolder": upstream's words for no fields or methods.
_NOTHING = "placeHolder"


class Concode(Corpus):
    licence = Licence("C-UDA-1.0", True)
    upstream = Upstream(
        dataset="concode",
        url="https://github.com/microsoft/CodeXGLUE/tree/main/Text-Code/text-to-code/dataset/concode",
        revision="ac74a62802a0dd159b3258c78a2df8ad36cdf2b9",
        citation="Iyer et al. 2018, Mapping Language to Code in Programmatic Context, arXiv:1808.09588",
        sizes={"train": 100_000, "test": 4_000},
    )

    def read(self, folder: Path) -> Iterator[Row]:
        for name, split in _FILES.items():
            for path in (folder / "dataset" / "concode" / name, folder / name):
                if path.exists():
                    yield from read_jsonl_rows(path, folder, split)
                    break
        require(folder, *_FILES, *(f"dataset/concode/{name}" for name in _FILES))

    def to_pair(self, data: Mapping[str, Any]) -> Pair | Rejected:
        fields = texts(data, "nl", "code")
        if isinstance(fields, Rejected):
            return fields
        words, code = fields
        if not code.strip():
            return Rejected(Reason.NO_LABEL, "upstream gives no code for this row")
        description, *parts = words.split(_PART)
        members = [member.strip() for part in parts for member in part.split(_MEMBER)]
        members = list(dict.fromkeys(member for member in members if member and not member.endswith(_NOTHING)))
        return Pair(" ".join(description.split()), code, definitions="\n".join(members))
