"""The AMR Bank of The Little Prince, the freely available twin of the LDC releases.

    # ::id lpp_1943.14 ::date 2012-06-07T17:06:07 ::annotator ISI-AMR-05 ::preferred
    # ::snt The boy slept .
    # ::save-date Thu Jun 7, 2012 ::file lpp_1943_14.txt
    (s / sleep-01
          :ARG0 (b / boy))

becomes input "The boy slept .", completion the graph.

Upstream's files: ``amr-bank-struct-v3.0.txt`` in one piece, which opens with a worked example that is no row, and the
same in ``-training``, ``-dev`` and ``-test``. Without those, splits are drawn by sentence, since sentences repeat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from collection.sources.amr_bank import AmrBank, read_bank
from collection.sources.base import Licence, Row, Upstream

_WORD = re.compile(r"\w+")


class LittlePrince(AmrBank):
    task = "little_prince"
    licence = Licence("none stated", False)
    upstream = Upstream(
        dataset="amr_little_prince",
        url="https://amr.isi.edu/download.html",
        revision="v3.0",
        citation="Banarescu et al. 2013. Abstract Meaning Representation for Sembanking. LAW VII.",
        sizes={"train": 1_274, "validation": 145, "test": 143},
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        yield from read_bank(folder, r"amr-bank-struct-[^/]+\.txt", "amr-bank-struct-v3.0.txt", _words)

    def group(self, record: dict[str, str]) -> str:
        return ""  # one book


def _words(record: dict[str, str]) -> str:
    return " ".join(_WORD.findall(record.get("snt", "").lower()))


LITTLE_PRINCE = LittlePrince()
