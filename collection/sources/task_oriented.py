"""What MTOP and TOPv2 share: rows of tab-separated cells, and the inventory of calls that a prompt shows.

    IN:CREATE_ALARM: create alarm
    IN:GET_ALARM: get alarm
    SL:DATE_TIME: date time

The inventory holds every intent and slot of a domain, in the order of their names: those of all files at hand, so that
it tells neither how often a call occurs nor in which split.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collection.sources.base import Reason, Rejected
from collection.sources.upstream_files import UpstreamFile

_LABEL = re.compile(r"\[(IN|SL):([A-Za-z][A-Za-z0-9_]*)(?=[\s\[\]])")


class Inventory:
    """The intents and slots of each domain."""

    def __init__(self) -> None:
        self._labels: dict[str, set[tuple[str, str]]] = {}
        self._texts: dict[str | None, str] = {}

    def add(self, domain: str, symbol: str) -> None:
        """Take up the labels of a symbol. They need not form a tree: labels are read, brackets are not."""
        labels: list[tuple[str, str]] = _LABEL.findall(symbol)
        self._labels.setdefault(domain, set()).update(labels)

    def definitions(self, domain: str | None) -> str:
        """The lines of a domain; of all domains together where it is None. Ask when all symbols have been added."""
        if domain not in self._texts:
            labels = self._labels.get(domain, set()) if domain is not None else set().union(*self._labels.values())
            lines = (f"{marker}:{name}: {name.replace('_', ' ').lower()}" for marker, name in sorted(labels))
            self._texts[domain] = "\n".join(lines)
        return self._texts[domain]


def read_cells(file: UpstreamFile) -> Iterator[tuple[int, list[str] | Rejected]]:
    """The cells of each line and its number from 0. Quotes mean nothing here, and empty lines are no rows."""
    with file.open() as lines:
        for index, line in enumerate(lines):
            if not line.strip():
                continue
            try:
                yield index, line.decode("utf-8").removesuffix("\n").removesuffix("\r").split("\t")
            except UnicodeDecodeError as error:
                yield index, Rejected(Reason.MALFORMED_ROW, f"line {index + 1} is not UTF-8: {error.reason}")
