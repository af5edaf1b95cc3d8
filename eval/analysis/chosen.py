"""Which records are looked at, and which of them are positive pairs.

    family   two records of one symbolic family                          SQL: spider-…, wikisql-…
    formats  the same input, or the same original, in two languages      "who is …" in kb_sexpr and in sparql
    evolved  a record and what Symbol-Evol made of it (``parent``)       I_JUMP I_JUMP  ~  shy2sW shy2sW

A family is that of the paper's table (``--by format`` or ``task`` cuts finer). Of records with the very same symbol one
is taken, since a pair of twins has distance 0 in every model. Two passes: a few columns of all records choose, then the
texts of the chosen ones are read; a collection of any size fits.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from collection.built import Built
from collection.sources import SOURCES
from collection.sources import get as get_source
from eval.analysis.choices import By
from symbol_llm.errors import UserError
from symbol_llm.record import Origin, Split


class Entry(NamedTuple):
    """A record without its texts. ``text`` and ``input`` are short hashes, None where there is none."""

    folder: int
    task: str
    row: int
    id: str
    format: str
    is_evolved: bool
    text: bytes | None
    input: bytes | None
    group: str
    parent: str | None

    @property
    def cluster(self) -> str:
        """What is drawn together: records of one story or schema, or an original with what was made of it."""
        return self.group or self.parent or self.id


class Pair(NamedTuple):
    """Two places in ``Chosen.texts``, and the cluster to which the pair belongs."""

    a: int
    b: int
    cluster: str


class Chosen(NamedTuple):
    """``texts[i]`` is (prompt, completion). The first ``len(families)`` are the sample of the families; those after
    them are there for pairs alone."""

    ids: list[str]
    texts: list[tuple[str, str]]
    families: list[str]
    clusters: list[str]
    pairs: dict[str, list[Pair]]
    notes: list[str]


def choose(
    data: Path,
    evolved: Path | None = None,
    *,
    by: By = By.FAMILY,
    split: Split | None = Split.TEST,
    limit: int = 200,
    seed: int = 0,
) -> Chosen:
    """Up to ``limit`` records per family and up to ``limit`` pairs per task or pair of formats, drawn by the seed.

    ``split`` None takes all splits. Raises UserError for a folder that is no collection and where no record is left,
    CheckFailed for a damaged one.
    """
    folders = [Built(folder) for folder in (data, evolved) if folder is not None]
    notes: list[str] = []
    entries = [entry for number, built in enumerate(folders) for entry in _entries(built, number, split)]
    labels = {task: _label(task, by) for task in {entry.task for entry in entries}}

    def label(entry: Entry) -> str:
        return entry.format if by is By.FORMAT else labels[entry.task]

    sample = _sample(entries, label, limit, seed, notes)
    if not sample:
        where = "no record at all" if split is None else f"no {split} record"
        raise UserError(f"{data}: {where} with a symbol. Choose another --split (train, validation, test, all)")
    drawn = {
        "formats": _limited(_same_input(entries), lambda a, b: f"{a.format}/{b.format}", limit, seed),
        "evolved": _limited(_by_parent(entries, notes), lambda a, _: a.task, limit, seed),
    }
    if evolved is not None and not drawn["evolved"]:
        notes.append(f"{evolved}: no evolved record has its original among the records of {data} in this split")
    places = {entry: place for place, entry in enumerate(dict.fromkeys(entry for entry in _all(sample, drawn)))}
    texts = _texts(folders, places)
    return Chosen(
        [entry.id for entry in places],
        [texts[entry] for entry in places],
        [label(entry) for entry in sample],
        [entry.cluster for entry in sample],
        {kind: [Pair(places[a], places[b], a.cluster) for a, b in pairs] for kind, pairs in drawn.items()},
        notes,
    )


def _entries(built: Built, number: int, split: Split | None) -> Iterator[Entry]:
    columns = ["id", "split", "format", "origin", "completion", "input", "group", "parent"]
    for task in built.tasks():
        row = 0
        for table in built.tables(task, columns):
            for values in zip(*(table[column].to_pylist() for column in columns)):
                cells: Mapping[str, Any] = dict(zip(columns, values))
                if split is None or cells["split"] == split:
                    yield Entry(
                        number,
                        task,
                        row,
                        cells["id"],
                        cells["format"],
                        cells["origin"] == Origin.EVOLVED,
                        _digest(cells["completion"]),
                        _digest((cells["input"] or "").casefold()),
                        cells["group"] or "",
                        cells["parent"],
                    )
                row += 1


def _digest(text: str) -> bytes | None:
    words = " ".join(text.split())
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()[:12] if words else None


def _label(task: str, by: By) -> str:
    if by is By.TASK:
        return task
    return get_source(task).family if task in SOURCES else "other"


def _sample(entries: Sequence[Entry], label: Any, limit: int, seed: int, notes: list[str]) -> list[Entry]:
    """Up to ``limit`` originals per family with different texts, families sorted by name."""
    families: dict[str, dict[bytes, Entry]] = defaultdict(dict)
    num_blank, num_twins = 0, Counter[str]()
    for entry in entries:
        if entry.is_evolved:
            continue
        if entry.text is None:
            num_blank += 1
            continue
        own = families[label(entry)]
        num_twins[label(entry)] += entry.text in own
        own.setdefault(entry.text, entry)
    if num_blank:
        notes.append(f"{num_blank} records have a blank symbol and are left out")
    sample: list[Entry] = []
    for family in sorted(families):
        different = list(families[family].values())
        if num_twins[family]:
            notes.append(f"{family}: {num_twins[family]:,} records repeat the symbol of another and are left out")
        if len(different) == 1:
            notes.append(f"{family}: one record, so there is no pair within it")
        if len(different) > limit:
            drawn = Random(f"{seed}/{family}").sample(range(len(different)), limit)
            different = [different[place] for place in sorted(drawn)]
        sample.extend(different)
    return sample


def _same_input(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Records of different formats that share the input or the original, one per format."""
    shared: dict[bytes | str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        if entry.text is None or entry.is_evolved:
            continue
        for key in (entry.input, entry.parent or entry.id):
            if key is not None:
                shared[key].setdefault(entry.format, entry)
    seen = set()
    for formats in shared.values():
        for a, b in combinations([formats[name] for name in sorted(formats)], 2):
            if (a, b) not in seen:
                seen.add((a, b))
                yield a, b


def _by_parent(entries: Sequence[Entry], notes: list[str]) -> Iterator[tuple[Entry, Entry]]:
    """Each evolved record after its original."""
    originals = {entry.id: entry for entry in entries if not entry.is_evolved and entry.text is not None}
    num_lost = 0
    for entry in entries:
        if not entry.is_evolved or entry.text is None:
            continue
        if entry.parent in originals:
            yield originals[entry.parent], entry
        else:
            num_lost += 1
    if num_lost:
        notes.append(f"{num_lost} evolved records have no original here: built from another collection, or its split")


def _limited(pairs: Iterable[tuple[Entry, Entry]], kind: Any, limit: int, seed: int) -> list[tuple[Entry, Entry]]:
    kinds: dict[str, list[tuple[Entry, Entry]]] = defaultdict(list)
    for a, b in pairs:
        kinds[kind(a, b)].append((a, b))
    kept: list[tuple[Entry, Entry]] = []
    for name, own in sorted(kinds.items()):
        drawn = Random(f"{seed}/{name}").sample(range(len(own)), min(limit, len(own)))
        kept.extend(own[place] for place in sorted(drawn))
    return kept


def _all(sample: Iterable[Entry], drawn: Mapping[str, Iterable[tuple[Entry, Entry]]]) -> Iterator[Entry]:
    yield from sample
    for pairs in drawn.values():
        for pair in pairs:
            yield from pair


def _texts(folders: Sequence[Built], wanted: Iterable[Entry]) -> dict[Entry, tuple[str, str]]:
    """Prompt and completion of each entry, a row group in memory at a time."""
    by_file: dict[tuple[int, str], dict[int, Entry]] = defaultdict(dict)
    for entry in wanted:
        by_file[entry.folder, entry.task][entry.row] = entry
    found = {}
    for (number, task), rows in by_file.items():
        start = 0
        for table in folders[number].tables(task, ["prompt", "completion"]):
            inside = [row for row in sorted(rows) if start <= row < start + len(table)]
            if inside:  # Arrow takes no empty list
                for row, cells in zip(inside, table.take([row - start for row in inside]).to_pylist()):
                    found[rows[row]] = (cells["prompt"], cells["completion"])
            start += len(table)
    return found
