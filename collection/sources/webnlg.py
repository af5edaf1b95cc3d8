"""WebNLG: facts of DBpedia put in words, release 2, and its form in Text2KGBench (DBpedia-WebNLG).

    <entry category="Astronaut" eid="Id1" size="1">
      <modifiedtripleset><mtriple>Ann_Bold | birthPlace | Oslo</mtriple></modifiedtripleset>
      <lex comment="good" lid="Id1">Ann Bold was born in Oslo.</lex>
    </entry>
    ->  definitions  Concepts: Astronaut, Place
                     birthPlace(Astronaut,Place): birth place
        input        Ann Bold was born in Oslo.
        completion   birthPlace(Ann Bold,Oslo)

Each text of an entry is a row, with the facts of ``modifiedtripleset``; ``originaltripleset``, of which there may be
several, is not used. Texts that upstream marks as "toFix" or "bad" are rejected. Release 2 has no ontology: the
definitions are all relations of the category, with the ends that Text2KGBench's ontology of the category gives them, or
open ends. Files: ``release_v2/xml/{train,dev,test}/<n>triples/*.xml`` and ``…/dbpedia_webnlg/…`` (text2kgbench.py),
unpacked or zipped; one of the two is enough.

Text2KGBench drew its test sentences from all splits of WebNLG. A sentence, or a set of facts, that is held out in one
form is therefore held out in the other one, too: of the full files, this moves about 3,600 of the training texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from collection.identity import key, normalised
from collection.sources.base import Example, Licence, Reason, Rejected, Row, Upstream
from collection.sources.text2kgbench import (
    Ontology,
    OntologyTriples,
    files_of,
    in_words,
    read_benchmark,
    read_ontologies,
    relation_name,
)
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.errors import UserError
from symbol_llm.record import Split

_SPLITS = {"train": Split.TRAIN, "dev": Split.VALIDATION, "test": Split.TEST}
_XML = r"release_v2/xml/(?:train|dev|test)/(?:[^/]+/)*[^/]+\.xml"
_GUARDED = (Split.TEST, Split.VALIDATION, Split.TRAIN)


class WebNlg(OntologyTriples):
    task = "webnlg"
    licence = Licence("CC-BY-NC-SA-4.0", False)
    upstream = Upstream(
        dataset="webnlg",
        url="https://gitlab.com/shimorina/webnlg-dataset",
        revision="release_v2",
        citation=(
            "Gardent et al. 2017. Creating Training Corpora for NLG Micro-Planners. ACL. Mihindukulasooriya et al. "
            "2023. Text2KGBench: A Benchmark for Ontology-Driven Knowledge Graph Generation from Text. ISWC."
        ),
        # Texts of release 2 and sentences of Text2KGBench.
        sizes={"train": 34_352 + 2_846, "validation": 4_316, "test": 4_224 + 2_014},
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The texts of release 2, then Text2KGBench's sentences. The files are gone through twice.

        Raises UserError with line and column if an XML file is broken.
        """
        expected = "release_v2/xml/{train,dev,test}/*triples/*.xml, dbpedia_webnlg/{ontologies,train,test,ground_truth}"
        with upstream_files(folder, rf"{_XML}|{files_of('dbpedia_webnlg')}", expected) as files:
            ontologies = read_ontologies(files)
            held_out = _HeldOut()
            relations: dict[str, set[str]] = {}  # of each category
            for row in _rows(files, ontologies, {}):
                if isinstance(row.data, dict):
                    if "category" in row.data:
                        found = (relation_name(triple["rel"]) for triple in row.data["triples"])
                        relations.setdefault(row.data["category"], set()).update(found)
                    held_out.add(row)
            definitions = {name: str(_ontology(name, found, ontologies)) for name, found in relations.items()}
            for row in _rows(files, ontologies, definitions):
                yield Row(row.file, row.index, held_out.split_of(row), row.data) if isinstance(row.data, dict) else row

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        comment = row.data.get("comment", "good") if isinstance(row.data, dict) else "good"
        if comment != "good":
            return Rejected(Reason.MISALIGNED, f"upstream marks this text as {comment!r}")
        return super().to_example(row, folder)


def _rows(
    files: Mapping[str, UpstreamFile], ontologies: Mapping[str, Ontology], definitions: Mapping[str, str]
) -> Iterator[Row]:
    for section, split in _SPLITS.items():
        for name, file in files.items():
            if name.startswith(f"release_v2/xml/{section}/"):
                for index, data in enumerate(_read_xml(file, definitions)):
                    yield Row(file.name, index, split, data)
    yield from read_benchmark(files, ontologies)


def _read_xml(file: UpstreamFile, definitions: Mapping[str, str]) -> Iterator[dict[str, Any] | Rejected]:
    """One row per text of an entry; an entry without texts is one row without a sentence."""
    with file.open() as stream:
        try:
            for _, entry in ElementTree.iterparse(stream):
                if entry.tag == "entry":
                    yield from _texts(entry, definitions)
                    entry.clear()
        except ElementTree.ParseError as error:
            raise UserError(f"{file.name}: not XML ({error}). The file may be truncated: fetch it again") from error


def _texts(entry: ElementTree.Element, definitions: Mapping[str, str]) -> Iterator[dict[str, Any] | Rejected]:
    category, name = entry.get("category", ""), entry.get("eid", "")
    triples = [(item.text or "").split(" | ") for item in entry.iterfind("modifiedtripleset/mtriple")]
    for lex in list(entry.iterfind("lex")) or [ElementTree.Element("lex")]:
        if any(len(triple) != 3 for triple in triples):
            yield Rejected(Reason.MALFORMED_ROW, f"{category}, {name}: an mtriple must have three parts: {triples}")
            continue
        yield {
            "id": f"{name}/{lex.get('lid', '')}",
            "category": category,
            "comment": lex.get("comment", "good"),
            "sent": lex.text or "",
            "triples": [dict(zip(("sub", "rel", "obj"), triple)) for triple in triples],
            "definitions": definitions.get(category),
            "group": category,
        }


def _ontology(category: str, relations: set[str], ontologies: Mapping[str, Ontology]) -> Ontology:
    """All relations of a category. Text2KGBench spells some otherwise: ``backupPilot`` for ``backup pilot``."""
    named = (ontology for name, ontology in ontologies.items() if name.partition("_")[2] == category.lower())
    known = next(named, Ontology((), {}))
    ends = {in_words(name): ends for name, ends in known.relations.items()}
    return Ontology(known.concepts, {name: ends.get(in_words(name), ("", "")) for name in sorted(relations)})


class _HeldOut:
    """Which rows belong together, by sentence or by facts, and the most guarded split that upstream gives to any."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}
        self._splits: dict[int, Split] = {}  # of roots

    def add(self, row: Row) -> None:
        roots = [self._root(place) for place in _keys(row.data)]
        if roots:
            splits = [row.split, *(self._splits[root] for root in roots if root in self._splits)]
            self._splits[roots[0]] = min(splits, key=_GUARDED.index)
            self._parent.update(dict.fromkeys(roots, roots[0]))

    def split_of(self, row: Row) -> Split:
        """The split of a row that was added."""
        place = next(_keys(row.data), None)
        return row.split if place is None else self._splits[self._root(place)]

    def _root(self, place: int) -> int:
        while (above := self._parent.setdefault(place, place)) != place:
            self._parent[place] = place = self._parent[above]
        return place


def _keys(data: Mapping[str, Any]) -> Iterator[int]:
    """What must not be in two splits: the sentence, and the set of who is related to whom, in either direction."""
    sentence, triples = data.get("sent"), data.get("triples")
    if isinstance(sentence, str) and sentence.strip():
        yield key("sentence", normalised(sentence))
    if isinstance(triples, list) and triples and all(isinstance(triple, dict) for triple in triples):
        pairs = {tuple(sorted(normalised(_plain(triple.get(side))) for side in ("sub", "obj"))) for triple in triples}
        yield key("facts", *map("\x1f".join, sorted(pairs)))


def _plain(name: Any) -> str:
    return str(name).replace("_", " ")


WEBNLG = WebNlg()
