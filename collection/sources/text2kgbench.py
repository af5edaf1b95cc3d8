"""Text2KGBench: sentences, and the triples in them that an ontology has relations for.

    ontologies/1_film_ontology.json      {"concepts": [{"qid": "Q5", "label": "human"}, {"qid": "Q11424", …}],
                                          "relations": [{"pid": "P57", "label": "film director", "domain": …}]}
    ontologies/owl/ont_1_film.ttl        the same in OWL
    test/ont_1_film_test.jsonl           {"id": "ont_1_film_test_1", "sent": "Ann Bold directed Oh."}
    ground_truth/…_1_film_….jsonl        {"id": "ont_1_film_test_1", "sent": …, "triples": [{"sub": "Oh", …}]}
    ->  definitions  Concepts: human, film
                     film_director(film,human): film director
        input        Ann Bold directed Oh.
        completion   film_director(Oh,Ann Bold)

Names and layout are those of the benchmark's own prompts: underscores in relations, blanks in subjects and objects.

Quirks of the files: training lines of TekGen hold one triple each and are joined by sentence; test lines get their
triples from ``ground_truth`` by id (one sentence differs there), and 142 of them have none; UTF-8 read as Latin-1 in
sentences; blanks at the end of relations; a relation twice, with other ends (both are shown, with a slash); ends that
are no concept of the ontology (left open, as in the benchmark's prompts); triples whose relation the ontology lacks,
which the format's engine refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from collection.sources.base import Example, Prompt, Reason, Rejected, Row, Source
from collection.sources.upstream_files import UpstreamFile
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats.base import Context
from symbol_llm.formats.triples_notation import Triple, Triples, parse_triples, render_triples
from symbol_llm.record import Split

_PARTS = {
    "train": Split.TRAIN,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "unseen_sentences/test": Split.TEST,
    "ground_truth": Split.TEST,
    "unseen_sentences/ground_truth": Split.TEST,
}
_LABELS = ("sub_label", "rel_label", "obj_label")
_SIDES = ("sub", "rel", "obj")
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")
_REMARK = re.compile(r"\([^()]*\)")
_NO_END = re.compile(r"[(),|:\s]+")  # what would end a domain or range in the definitions


def files_of(name: str) -> str:
    """The pattern of the files of a data set of the benchmark: "wikidata_tekgen" or "dbpedia_webnlg"."""
    lines = r"(?:train|validation|(?:unseen_sentences/)?(?:test|ground_truth))/ont_\w+\.jsonl"
    return rf"{name}/(?:{lines}|ontologies/(?:\w+_ontology\.json|owl/ont_\w+\.ttl))"


@dataclass(frozen=True, slots=True)
class Ontology:
    """Concepts, and relations with their domain and range; "" where an end is open."""

    concepts: tuple[str, ...]
    relations: Mapping[str, tuple[str, str]]

    def __str__(self) -> str:
        lines = [f"Concepts: {', '.join(self.concepts)}"] if self.concepts else []
        for name, (domain, range_) in self.relations.items():
            lines.append(f"{name}({domain},{range_}): {in_words(name)}")
        return "\n".join(lines)


def relation_name(label: str) -> str:
    """A relation as one word; commas in parentheses, which the notation lacks, are left out.

    >>> relation_name("office (workedAt, workedAs)")
    'office_(workedAt_workedAs)'
    """
    return "_".join(_REMARK.sub(lambda match: match[0].replace(",", " "), label).split())


def in_words(relation: str) -> str:
    """``birthDate`` and ``birth_date`` as "birth date"."""
    return " ".join(_CAMEL.sub(" ", relation).replace("_", " ").lower().split())


def read_ontology(file: UpstreamFile, owl: UpstreamFile | None = None) -> Ontology:
    """The ontology of a JSON file, then the relations that only ``owl`` has.

    Raises UserError if a file is no ontology of the benchmark.
    """
    data = file.read_json()
    try:
        known = {relation_name(relation["label"]) for relation in data["relations"]}
        in_owl = read_owl(owl) if owl else []
        more = [relation for relation in in_owl if relation_name(relation["label"]) not in known]
        labels = {concept["qid"]: " ".join(concept["label"].split()) for concept in data["concepts"]}
        ends: dict[str, tuple[list[str], list[str]]] = {}
        for relation in (*data["relations"], *more):
            sides = ends.setdefault(relation_name(relation["label"]), ([], []))
            for side, end in zip(sides, (relation["domain"], relation["range"])):
                # DBpedia's ends are words, listed or not; of Wikidata's numbers only the listed have a label.
                label = labels.get(end, "" if re.fullmatch(r"Q\d+", end) else end)
                side.append(_NO_END.sub(" ", label).strip())
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file.name}: no ontology of concepts and relations ({error!r}). Fetch it again") from error
    relations = {name: (_alternatives(domains), _alternatives(ranges)) for name, (domains, ranges) in ends.items()}
    return Ontology(tuple(dict.fromkeys(labels.values())), relations)


def read_owl(file: UpstreamFile) -> list[dict[str, str]]:
    """The relations of an OWL file in Turtle, by their numbers, as the JSON files write them: ends are numbers or "".

    Raises UserError if it is not Turtle.
    """
    from rdflib import OWL, RDF, RDFS, Graph
    from rdflib.exceptions import ParserError
    from rdflib.plugins.parsers.notation3 import BadSyntax
    from rdflib.term import Node

    with file.open() as stream:
        try:
            graph = Graph().parse(stream, format="turtle")
        except (BadSyntax, ParserError, UnicodeDecodeError) as error:
            raise UserError(f"{file.name}: not Turtle ({error}). Fetch it again") from error
    terms = {"label": RDFS.label, "domain": RDFS.domain, "range": RDFS.range}

    def text(relation: Node, term: Node) -> str:
        """The first of its values by name; of an address such as …/concepts#Q5 the number."""
        return min(map(str, graph.objects(relation, term)), default="").rpartition("#")[2]

    relations = sorted(graph.subjects(RDF.type, OWL.ObjectProperty), key=str)
    return [{key: text(relation, term) for key, term in terms.items()} for relation in relations]


def _alternatives(ends: list[str]) -> str:
    return "/".join(dict.fromkeys(filter(None, ends)))


def read_ontologies(files: Mapping[str, UpstreamFile]) -> dict[str, Ontology]:
    """By number and name: "1_movie"."""
    ending = "_ontology.json"
    found = (name for name in files if name.endswith(ending))
    return {
        (topic := Path(name).name.removesuffix(ending)): read_ontology(
            files[name], files.get(str(Path(name).with_name("owl") / f"ont_{topic}.ttl"))
        )
        for name in found
    }


def read_benchmark(files: Mapping[str, UpstreamFile], ontologies: Mapping[str, Ontology]) -> Iterator[Row]:
    """The sentences of all ontologies: training, validation, test, and the unseen test sentences.

    ``data`` is the upstream's line with ``triples`` as in the ground truth, ``definitions`` (None if there is no such
    ontology) and ``group``.
    """
    for part, split in _PARTS.items():
        for name, file in files.items():
            found = re.fullmatch(rf"\w+/{part}/ont_(\w+?)(?:_unseen)?_{Path(part).name}\.jsonl", name)
            if not found:
                continue
            # Test lines get their triples by id; of the ground truth, only lines without a test line are rows.
            labels = _by_id(files.get(_ground_truth_of(name))) if part.endswith("test") else {}
            known = _by_id(files.get(_test_of(name))) if part.endswith("ground_truth") else {}
            ontology = ontologies.get(found[1])
            joined = {"definitions": str(ontology) if ontology else None, "group": found[1]}
            for index, line in _by_sentence(_lines(file)):
                if isinstance(line, dict):
                    if (identity := str(line.get("id"))) in known:
                        continue
                    label = labels.get(identity, line)
                    line = {**line, "triples": label.get("triples"), **joined}
                yield Row(file.name, index, split, line)


def _ground_truth_of(test: str) -> str:
    return test.replace("/test/", "/ground_truth/").replace("_test.", "_ground_truth.")


def _test_of(ground_truth: str) -> str:
    return ground_truth.replace("/ground_truth/", "/test/").replace("_ground_truth.", "_test.")


def _lines(file: UpstreamFile) -> Iterator[tuple[int, Any]]:
    with file.open() as stream:
        for index, line in enumerate(stream):
            if line.strip():
                try:
                    yield index, orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    yield index, Rejected(Reason.MALFORMED_ROW, f"line {index + 1} is not JSON: {error}")


def _by_sentence(lines: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """Lines with one triple each joined where their sentence is the same, at the place of the first.

    A file holds the sentences of one ontology, at most some hundreds.
    """
    rows: dict[int | str, tuple[int, Any]] = {}
    for index, line in lines:
        if not isinstance(line, dict) or not all(isinstance(line.get(key), str) for key in ("sent", *_LABELS)):
            rows[index] = index, line
            continue
        triple = dict(zip(_SIDES, (line[label] for label in _LABELS)))
        first = rows.setdefault(line["sent"], (index, {"id": line.get("id"), "sent": line["sent"], "triples": []}))
        first[1]["triples"].append(triple)
    yield from rows.values()


def _by_id(file: UpstreamFile | None) -> dict[str, dict[str, Any]]:
    lines = (line for _, line in _lines(file) if isinstance(line, dict)) if file else ()
    return {str(line.get("id")): line for line in lines}


class OntologyTriples(Source):
    """Facts of a sentence as triples of an ontology."""

    format = "triples"
    family = "Ontology"
    prompt = Prompt(
        instructions=(
            "Extract the triples of the sentence that the ontology has relations for.",
            "Which facts does the sentence state? Write them as triples of the given ontology.",
            "Given an ontology, turn the sentence into relation(subject,object) triples.",
            "List the facts of the sentence, using only the relations defined below.",
            "Read the sentence and write down its facts in terms of the ontology.",
            "Build the part of a knowledge graph that the sentence describes.",
            "Find all relations of the ontology that the sentence expresses, with their subjects and objects.",
            "Convert the text to triples that fit the concepts and relations given.",
            "Express what the sentence says as relation(subject,object), joined by |.",
            "Use the ontology to extract subject, relation and object of every fact in the sentence.",
        ),
        definitions_label="The ontology is:",
        input_label="The sentence is:",
        cue="The triples are:",
    )

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        if not isinstance(data, dict) or not isinstance(data.get("sent"), str):
            return Rejected(Reason.MALFORMED_ROW, "expected an object with the text sent")
        sentence = " ".join(repaired(data["sent"]).split())
        if not sentence:
            return Rejected(Reason.EMPTY_INPUT, "the sentence is empty")
        if not data.get("triples"):
            return Rejected(Reason.NO_LABEL, "upstream gives no triples for this sentence")
        triples = _triples(data["triples"])
        if triples is None:
            return Rejected(Reason.MALFORMED_ROW, "triples must be a list of objects with the texts sub, rel and obj")
        if data["definitions"] is None:
            return Rejected(Reason.MISSING_CONTEXT, f"there is no ontology {data['group']}")
        symbol = render_triples(triples)
        try:
            if parse_triples(symbol) != triples:
                return Rejected(Reason.NOT_DERIVABLE, f"commas or bars make the triples ambiguous: {symbol}")
        except SymbolError as error:
            return Rejected(Reason.PARSE_ERROR, str(error), error.position)
        return Example(input=sentence, completion=symbol, context=Context(data["definitions"]), group=data["group"])


def _triples(rows: Any) -> Triples | None:
    """In the notation of calls; None if the rows have another form. A triple that stands twice is kept once."""
    if not isinstance(rows, list):
        return None
    found: dict[Triple, None] = {}
    for row in rows:
        if not isinstance(row, dict) or not all(isinstance(row.get(side), str) for side in _SIDES):
            return None
        subject, relation, thing = (repaired(row[side]) for side in _SIDES)
        found[Triple(_blanks(subject), relation_name(relation), _blanks(thing))] = None
    return Triples(tuple(found), is_calls=True)


def _blanks(name: str) -> str:
    return " ".join(name.replace("_", " ").split())


def repaired(text: str) -> str:
    """Text that upstream read as Latin-1 although it is UTF-8; all other text as it is.

    >>> repaired("B\\u00c4\\u00ab"), repaired("Müller")
    ('Bī', 'Müller')
    """
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
