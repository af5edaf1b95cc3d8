"""ComplexWebQuestions v1.1: questions of several steps over Freebase with their SPARQL.

    {"ID": "WebQTest-1_0f3a…", "webqsp_ID": "WebQTest-1", "question": "Where was the author of … born?",
     "sparql": "PREFIX ns: <http://rdf.freebase.com/ns/>\\nSELECT DISTINCT ?x\\nWHERE {…}\\n", "answer": ["m.04jpl"], …}
    ->  definitions  entity m.0abc, relation people.person.place_of_birth: place of birth, …
        completion   PREFIX ns: <http://rdf.freebase.com/ns/> SELECT DISTINCT ?x WHERE { … }
        answer       ["m.04jpl"], group WebQTest-1

Upstream's ComplexWebQuestions_{train,dev,test}.json; where one is missing, CWQ.{train,dev,test}.expr.json, which has
the same rows and s-expressions, is read in its place. Each question grew from one of WebQSP, which groups rows. Queries
are written in one line without their comments (``#MANUAL SPARQL``); nothing else in them is changed. Answers are
``answer``, a list of ids, in test and ``answers``, objects with ``answer_id``, in the others. Upstream names no
entities, so they stand in the definitions by their ids alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream
from collection.sources.kb_questions import read_rows, vocabulary
from collection.sources.upstream_files import upstream_files
from symbol_llm.errors import SymbolError
from symbol_llm.formats import get as get_format
from symbol_llm.formats.base import Context
from symbol_llm.formats.kb_vocabulary import ENTITY
from symbol_llm.formats.sparql_terms import tokens_of
from symbol_llm.formats.sparql_tree import NS, is_iri
from symbol_llm.record import Split

_SPLITS = {"train": Split.TRAIN, "dev": Split.VALIDATION, "test": Split.TEST}
_FILES = r"ComplexWebQuestions_(?:train|dev|test)\.json|CWQ\.(?:train|dev|test)\.expr\.json"
_EXPECTED = "ComplexWebQuestions_train.json, ComplexWebQuestions_dev.json, ComplexWebQuestions_test.json"


class CompWebQ(Source):
    task = "compwebq"
    format = "sparql"
    family = "KG/DB"
    licence = Licence("GPL-2.0 or Apache-2.0: copies differ", False)
    upstream = Upstream(
        dataset="complexwebquestions",
        url="https://www.tau-nlp.sites.tau.ac.il/compwebq",
        revision="1.1",
        citation=(
            "Alon Talmor and Jonathan Berant. 2018. The Web as a Knowledge-Base for Answering Complex Questions. NAACL."
        ),
        sizes={"train": 27_639, "dev": 3_519, "test": 3_531},
    )
    prompt = Prompt(
        instructions=(
            "Translate the question into a SPARQL query over Freebase.",
            "Write the SPARQL query that answers the question.",
            "Turn the complex question into SPARQL, using the entities and relations below.",
            "Given entities and relations of a knowledge base, express the request in SPARQL.",
            "Which SPARQL query finds what the question asks for?",
            "Convert the request to a SELECT query of the knowledge graph.",
            "Break the question into triples and give the whole as SPARQL.",
            "Compose a SPARQL query for the question. Use only what is listed.",
            "Formulate the question in SPARQL with the prefix ns for Freebase.",
            "Read the relations, then write the query for the question in SPARQL.",
        ),
        definitions_label="The entities and relations are:",
        input_label="The request is:",
        cue="The corresponding SPARQL for the request is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Every row of the three files. Raises UserError if none is there, or one is broken."""
        with upstream_files(folder, _FILES, _EXPECTED) as files:
            for name, split in _SPLITS.items():
                file = files.get(f"ComplexWebQuestions_{name}.json") or files.get(f"CWQ.{name}.expr.json")
                if file is not None:
                    yield from read_rows(file, split)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        question, query = data.get("question"), data.get("sparql")
        if not isinstance(question, str):
            return Rejected(Reason.MALFORMED_ROW, "the question is no text")
        if query is None:
            return Rejected(Reason.NO_LABEL, "upstream gives no query")
        if not isinstance(query, str):
            return Rejected(Reason.MALFORMED_ROW, "the query is no text")
        if not question.strip():
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        if not query.strip():
            return Rejected(Reason.EMPTY_SYMBOL, "the query is empty")
        try:
            answers = _answers(data)
        except (KeyError, TypeError, AttributeError) as error:
            return Rejected(Reason.MALFORMED_ROW, f"the answers are not in upstream's form: {error!r}")
        language = get_format("sparql")
        try:
            tree = language.parse(query)
        except SymbolError as error:
            return Rejected(Reason.PARSE_ERROR, str(error), error.position)
        iris = {part[len(NS) + 1 : -1] for node in tree.walk() for part in node.parts if _is_freebase(part)}
        entities = dict.fromkeys(text for text in iris if ENTITY.fullmatch(text))
        offered = vocabulary(folder, _FILES, _EXPECTED)
        return Example(
            input=" ".join(question.split()),
            completion=one_line(query),
            context=Context(offered.definitions(language.names(tree), entities)),
            answer=answers or None,
            group=str(data.get("webqsp_ID") or ""),
        )


def one_line(query: str) -> str:
    """A query without comments, with single blanks where there were any. Raises SymbolError where it has no token."""
    pieces, end = [], 0
    for token in tokens_of(query):
        pieces += [" "] * (token.start > end) + [token.text]
        end = token.start + len(token.text)
    return "".join(pieces).strip()


def _is_freebase(part: Any) -> bool:
    return isinstance(part, str) and is_iri(part) and part.startswith(f"<{NS}")


def _answers(data: Mapping[str, Any]) -> list[str]:
    """The ids, or the text of an answer that has none."""
    if "answer" in data:
        return [str(answer) for answer in data["answer"] or []]
    return [str(answer.get("answer_id") or answer["answer"]) for answer in data.get("answers") or []]


COMPWEBQ = CompWebQ()
