"""Which records of a collection are asked for: by task, split, origin and licence.

    Selection(splits=("train",), commercial_only=True)
    left out: split 1,034 · not for commercial use 52,002

A record that is left out is counted under the first thing that it fails, so exported + left out = kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from collection.built import Built, Kind
from symbol_llm.errors import UserError
from symbol_llm.record import Origin, Record, Split, record_from_json


class LeftOut(StrEnum):
    """Why a record of a chosen task is not in an export."""

    SPLIT = "split"
    ORIGIN = "origin"
    NOT_COMMERCIAL = "not for commercial use"


# As text: what is written to JSON and YAML knows no enum.
SPLITS = tuple(split.value for split in Split)
ORIGINS = tuple(origin.value for origin in Origin)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for. Empty ``tasks`` are all of the collection."""

    tasks: tuple[str, ...] = ()
    splits: tuple[str, ...] = SPLITS
    origins: tuple[str, ...] = ORIGINS
    commercial_only: bool = False

    def __post_init__(self) -> None:
        """Raises UserError naming a split or an origin that there is not."""
        for what, given, known in (("split", self.splits, SPLITS), ("origin", self.origins, ORIGINS)):
            if not given or (strange := [name for name in given if name not in known]):
                shown = ", ".join(strange) if given else "none"
                raise UserError(f"unknown {what} {shown!r}: choose among {', '.join(known)}")

    def leaves_out(self, kind: Kind) -> LeftOut | None:
        """Why records of this kind are left out, or None if they are asked for."""
        if kind.split not in self.splits:
            return LeftOut.SPLIT
        if kind.origin not in self.origins:
            return LeftOut.ORIGIN
        if self.commercial_only and not kind.commercial:
            return LeftOut.NOT_COMMERCIAL
        return None

    def divide(self, tally: Mapping[Kind, int]) -> tuple[Counter[Kind], Counter[LeftOut]]:
        """The records that are asked for, by kind, and the others, by reason."""
        chosen: Counter[Kind] = Counter()
        others: Counter[LeftOut] = Counter()
        for kind, count in tally.items():
            reason = self.leaves_out(kind)
            if reason is None:
                chosen[kind] += count
            else:
                others[reason] += count
        return chosen, others

    def records(self, built: Built, task: str, split: str) -> Iterator[Record]:
        """The chosen records of one task and split, in order. No record of another split is ever among them."""
        import pyarrow.compute as pc

        wanted = (pc.field("split") == split) & pc.field("origin").isin(list(self.origins))
        if self.commercial_only:
            wanted &= pc.field("commercial")
        for table in built.tables(task):
            yield from map(record_from_json, table.filter(wanted).to_pylist())


def names_in(words: Sequence[str] | str) -> tuple[str, ...]:
    """``"a,b"`` or ``["a,b", "c"]`` as ("a", "b", "c"), each once."""
    text = words if isinstance(words, str) else ",".join(words)
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
