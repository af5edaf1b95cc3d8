"""Bio AMR: graphs of sentences from articles on cancer, in the plain and in the aligned form.

    # ::tok Sos @-@ 1 binds Grb2 .
    # ::alignments 0-1.1.1.1 3-1
    # ::id pmid_1234_5678.9
    # ::preferred
    (b / bind-01~e.3
          :ARG1 (p / protein :name (n / name :op1 "Sos-1"~e.0,2)))

becomes input "Sos-1 binds Grb2 .", completion the graph without its alignments.

Upstream's files: ``amr-release-bio-v3.0.txt`` in one piece, ``amr-release-{training,dev,test}-bio.txt``, and earlier
releases, aligned or of a single article; all that are in the folder are read. A file that does not name its split gets
it by article. A sentence that stands in several files has the same id there, and hence the same split.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from collection.sources.amr_bank import AmrBank, read_bank
from collection.sources.base import Licence, Row, Upstream


class BioAmr(AmrBank):
    task = "bioamr"
    licence = Licence("none stated", False)
    upstream = Upstream(
        dataset="amr_bio",
        url="https://amr.isi.edu/download.html",
        revision="v3.0",
        citation="Bio AMR Corpus, release 3.0: AMR group at the Information Sciences Institute, USC, and partners.",
        sizes={"train": 5_452, "validation": 500, "test": 500},
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        expected = "amr-release-bio-v3.0.txt or amr-release-{training,dev,test}-bio.txt"
        yield from read_bank(folder, r".*\.(?:txt|amrtrain)", expected, self.group)


BIOAMR = BioAmr()
