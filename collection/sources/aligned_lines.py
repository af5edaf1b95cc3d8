"""Reading two parallel text files: line i of one belongs to line i of the other.

```
src.txt   lines with the word 'dog'          targ.txt   .*\\bdog\\b.*
```
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from collection.sources.base import Reason, Rejected
from collection.sources.upstream_files import open_file


def read_aligned(left: Path, right: Path) -> Iterator[tuple[str, str] | Rejected]:
    """The pairs in order; a line without a partner, or that is not UTF-8, is a rejected row at its place.

    Only LF and CR LF end a line: other separators may be part of a symbol. An empty last line is no row.
    """
    for number, pair in enumerate(zip_longest(_lines(left), _lines(right)), 1):
        for path, line in zip((left, right), pair):
            if line is None:
                yield Rejected(Reason.MISALIGNED, f"{path.name} has no line {number}")
                break
        else:
            try:
                first, second = (line.decode("utf-8") for line in pair)
            except UnicodeDecodeError as error:
                yield Rejected(Reason.MALFORMED_ROW, f"line {number} is not UTF-8: {error.reason}")
            else:
                yield first, second


def _lines(path: Path) -> Iterator[bytes]:
    with open_file(path) as file:
        for line in file:
            yield line.removesuffix(b"\n").removesuffix(b"\r")
