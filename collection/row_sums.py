"""Two numbers that tell which row of a file was edited.

    digests 5, 7, 9     total 21, weighted 1·5 + 2·7 + 3·9 = 46
    edited  5, 8, 9     total 22, weighted 48: the totals differ by 1, the weighted by 2, so it is row 2

The idea is that of a Hamming code, modulo a prime. More than one edited row is noticed, but not placed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_PRIME = 2**61 - 1


def digest(row: bytes) -> int:
    """A 64-bit digest of one row."""
    return int.from_bytes(hashlib.blake2b(row, digest_size=8).digest(), "big")


@dataclass(slots=True)
class RowSums:
    """The sums over the rows so far."""

    rows: int = 0
    total: int = 0
    weighted: int = 0

    def add(self, row_digest: int) -> None:
        self.rows += 1
        self.total = (self.total + row_digest) % _PRIME
        self.weighted = (self.weighted + self.rows * row_digest) % _PRIME

    def to_json(self) -> list[int]:
        """The number of rows and both sums, as ``edited_row`` expects them."""
        return [self.rows, self.total, self.weighted]

    def edited_row(self, expected: list[int]) -> int | None:
        """The number, from 0, of the one row that differs from the expected sums; None if it is not one row."""
        rows, then_total, then_weighted = expected
        total, weighted = (self.total - then_total) % _PRIME, (self.weighted - then_weighted) % _PRIME
        if total == 0 or rows != self.rows:
            return None
        number = weighted * pow(total, -1, _PRIME) % _PRIME
        return number - 1 if 1 <= number <= rows else None
