"""AMR 3.0 and AMR 2.0, the releases of the Linguistic Data Consortium.

    # AMR release; corpus: bolt; section: training; number of AMRs: 2

    # ::id bolt12_0001_0002.3 ::date 2013-01-01 ::annotator X ::preferred
    # ::snt The boy slept.
    # ::save-date Tue Jan 1, 2013 ::file bolt12_0001_0002_3.txt
    (s / sleep-01
          :ARG0 (b / boy))

becomes input "The boy slept.", completion the graph.

Under LDC's agreement nobody may pass the files on: buy a release, unpack it, and put its folder under
``RAW/amr_ldc/``, for both releases the same one:

    RAW/amr_ldc/amr_annotation_3.0/data/amrs/split/{training,dev,test}/amr-release-3.0-amrs-*.txt
    RAW/amr_ldc/abstract_meaning_representation_amr_2.0/data/amrs/split/{training,dev,test}/amr-release-2.0-amrs-*.txt

Folders in between do not matter, but the name of the file, or else of the nearest folder that tells, must say which
release it is (3.0 or LDC2020T02, 2.0 or LDC2017T10). ``unsplit`` and ``data/alignments`` hold the same graphs again and
are not read. AMR 3.0 holds nearly all of AMR 2.0: in a build of both, rows that the other tests are removed as leaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from collection.sources.amr_bank import AmrBank
from collection.sources.amr_files import read_amr
from collection.sources.base import FilesMissing, Licence, Row, Upstream
from collection.sources.upstream_files import upstream_files
from symbol_llm.record import Split

_SECTIONS = {"training": Split.TRAIN, "dev": Split.VALIDATION, "test": Split.TEST}
_FILES = r"(?:.*/)?data/amrs/split/(?:training|dev|test)/[^/]+\.txt"
_CATALOGUE = {"1.0": "LDC2014T12", "2.0": "LDC2017T10", "3.0": "LDC2020T02"}
_RELEASE = re.compile(rf"(?<![\d.])({'|'.join(map(re.escape, _CATALOGUE))})(?!\.?\d)|{'|'.join(_CATALOGUE.values())}")


class AmrLdc(AmrBank):
    """One release: ``task`` "amr3" and ``version`` "3.0", say."""

    licence = Licence("LDC User Agreement", False)

    def __init__(self, task: str, version: str, citation: str, sizes: Mapping[str, int]) -> None:
        self.task = task
        self.number = _CATALOGUE[version]
        self.upstream = Upstream(
            dataset="amr_ldc",
            url=f"https://catalog.ldc.upenn.edu/{self.number}",
            revision=self.number,
            citation=citation,
            sizes=sizes,
        )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Training, dev and test, each in the order of its files. Raises FilesMissing if this release is not there."""
        expected = f"data/amrs/split/{{training,dev,test}}/*.txt of {self.number}, which you buy at {self.upstream.url}"
        with upstream_files(folder, _FILES, expected) as files:
            mine = [file for file in files.values() if release_of(file.name) == self.number]
            if not mine:
                raise FilesMissing(
                    f"{folder}: no file here is of {self.number}, only {', '.join(list(files)[:3])} … "
                    f"Get it at {self.upstream.url}, and keep the name of its folder"
                )
            order = list(_SECTIONS)
            for file in sorted(mine, key=lambda file: order.index(PurePosixPath(file.name).parent.name)):
                with file.open() as stream:
                    for index, record in enumerate(read_amr(stream)):
                        yield Row(file.name, index, _SECTIONS[PurePosixPath(file.name).parent.name], record)


def release_of(name: str) -> str | None:
    """The catalogue number of the release that a file is of, by its name or the nearest folder that tells."""
    for part in reversed(PurePosixPath(name).parts):
        found = _RELEASE.search(part)
        if found:
            return _CATALOGUE.get(found[0], found[0])
    return None


AMR3 = AmrLdc(
    "amr3",
    "3.0",
    "Knight et al. 2020. Abstract Meaning Representation (AMR) Annotation Release 3.0. LDC2020T02.",
    {"train": 55_635, "validation": 1_722, "test": 1_898},
)
AMR2 = AmrLdc(
    "amr2",
    "2.0",
    "Knight et al. 2017. Abstract Meaning Representation (AMR) Annotation Release 2.0. LDC2017T10.",
    {"train": 36_521, "validation": 1_368, "test": 1_371},
)
