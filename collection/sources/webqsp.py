"""WebQuestionsSP: questions of web users with their queries over Freebase.

    {"QuestionId": "WebQTest-1", "RawQuestion": "where was ada lovelace born?",
     "Parses": [{"Sparql": "PREFIX ns: … SELECT DISTINCT ?x WHERE { … ns:m.0abc ns:people.person.place_of_birth ?x . }",
                 "TopicEntityMid": "m.0abc", "TopicEntityName": "Ada Lovelace", "Answers": […], …}]}
    ->  definitions  entity m.0abc: Ada Lovelace, relation people.person.place_of_birth: place of birth, …
        completion   (JOIN (R people.person.place_of_birth) m.0abc)
        answer       ["m.04jpl"]

Upstream has SPARQL; the s-expression is converted from it (sparql_to_sexpr.py), and what cannot be converted is
rejected as NOT_DERIVABLE with the obstacle. A question has up to three parses: the first one that the annotators call
complete (upstream's evaluation counts no other) and that converts is the symbol, its answers are the answer. An empty
list of answers is no answer.

Primary files: WebQSP.{train,test}.json, in WebQSP.zip or not, and the .partial.json beside them, whose parses are
incomplete and so rejected as NO_LABEL. Read as well are GMT-KBQA's generation/merged/WebQSP_{train,test}.json, one
parse per question: they name the entities of the primary rows, and give the questions that no primary file of the split
has. A question that both have is one row, that of the primary file. Their own s-expressions are not used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream
from collection.sources.kb_questions import read_rows, vocabulary
from collection.sources.sparql_conditions import NotDerivable
from collection.sources.sparql_to_sexpr import to_sexpr
from collection.sources.upstream_files import upstream_files
from symbol_llm.formats.base import Context
from symbol_llm.formats.kb_expression import parse
from symbol_llm.record import Split

_SPLITS = {"train": Split.TRAIN, "test": Split.TEST}
_FILES = r"WebQSP[._](?:train|test)(?:\.partial)?\.json"
_EXPECTED = "WebQSP.train.json, WebQSP.test.json or generation/merged/WebQSP_train.json"


class Parse(NamedTuple):
    """One query of a question. ``is_complete``: as the annotators say."""

    sparql: str
    is_complete: bool
    answers: list[str]
    names: dict[str, str | None]  # of entities, where the row tells them


class WebQsp(Source):
    task = "webqsp"
    format = "kb_sexpr"
    family = "KG/DB"
    licence = Licence("none stated", False)
    upstream = Upstream(
        dataset="webqsp",
        url="https://www.microsoft.com/en-us/download/details.aspx?id=52763",
        revision="1.0",
        citation=(
            "Wen-tau Yih, Matthew Richardson, Chris Meek, Ming-Wei Chang and Jina Suh. 2016. The Value of Semantic "
            "Parse Labeling for Knowledge Base Question Answering. ACL."
        ),
        sizes={"train": 3_098, "test": 1_639},
    )
    prompt = Prompt(
        instructions=(
            "Translate the question into an s-expression over the knowledge base.",
            "Write the s-expression that finds the answers in Freebase.",
            "Turn the request into a query of the knowledge graph, written as an s-expression.",
            "Given entities and relations of a knowledge base, express the question as an s-expression.",
            "Which s-expression retrieves what the question asks for?",
            "Parse the question into a logical form made of JOIN, AND and the relations below.",
            "Compose an s-expression for the question. Use only what is listed.",
            "Read the entities and relations, then give the query for the question as an s-expression.",
            "Formulate the question as an s-expression that a knowledge base can run.",
            "Convert the question to its logical form over these relations.",
        ),
        definitions_label="The entities and relations are:",
        input_label="The request is:",
        cue="The corresponding s-expression for the request is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The questions of the primary files, then those that only the merged file of the split has, then the partial.

        Raises UserError if there is no file at all, or one is broken.
        """
        with upstream_files(folder, _FILES, _EXPECTED) as files:
            for name, split in _SPLITS.items():
                merged = [row for file in _present(files, f"WebQSP_{name}.json") for row in read_rows(file, split)]
                known = {row.data.get("ID"): row.data for row in merged if isinstance(row.data, dict)}
                seen = set()
                for file in _present(files, f"WebQSP.{name}.json"):
                    for row in read_rows(file, split, "Questions"):
                        if isinstance(row.data, dict) and isinstance(identity := row.data.get("QuestionId"), str):
                            seen.add(identity)
                            if identity in known:
                                row.data["gold_entity_map"] = known[identity].get("gold_entity_map")
                        yield row
                for row in merged:
                    if not (isinstance(row.data, dict) and row.data.get("ID") in seen):
                        yield row
                for file in _present(files, f"WebQSP.{name}.partial.json"):
                    yield from read_rows(file, split, "Questions")

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        is_merged = "Parses" not in data
        question = data.get("question" if is_merged else "RawQuestion")
        try:
            parses = _merged_parses(data) if is_merged else [_parse(parse, data) for parse in data["Parses"]]
        except (KeyError, TypeError, AttributeError) as error:
            return Rejected(Reason.MALFORMED_ROW, f"a parse is not in upstream's form: {error!r}")
        if not isinstance(question, str):
            return Rejected(Reason.MALFORMED_ROW, "the question is no text")
        if not question.strip():
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        usable = [parse for parse in parses if parse.is_complete and parse.sparql.strip()]
        if not usable:
            return Rejected(Reason.NO_LABEL, f"of {len(parses)} parses none is called complete, and the question good")
        obstacles = []
        for chosen in usable:
            try:
                expression = to_sexpr(chosen.sparql)
            except NotDerivable as error:
                obstacles.append(str(error))
            else:
                return _example(question, expression, chosen, folder)
        return Rejected(Reason.NOT_DERIVABLE, "; ".join(dict.fromkeys(obstacles)))


def _present(files: Mapping[str, Any], name: str) -> list[Any]:
    return [files[name]] if name in files else []


def _merged_parses(data: Mapping[str, Any]) -> list[Parse]:
    names = data.get("gold_entity_map") or {}
    answers = [str(answer) for answer in data.get("answer") or []]
    return [Parse(_text(data["sparql"]), True, answers, dict(names))]


def _parse(parse: Mapping[str, Any], data: Mapping[str, Any]) -> Parse:
    """One of upstream's parses. Raises KeyError, TypeError or AttributeError if it is none."""
    comment = parse.get("AnnotatorComment") or {}
    quality = comment.get("ParseQuality", "Complete"), comment.get("QuestionQuality", "Good")
    names = {**(data.get("gold_entity_map") or {}), parse.get("TopicEntityMid"): parse.get("TopicEntityName")}
    for constraint in parse.get("Constraints") or []:
        if constraint.get("ArgumentType") == "Entity":
            names[constraint["Argument"]] = constraint.get("EntityName")
    answers = [str(answer["AnswerArgument"]) for answer in parse.get("Answers") or []]
    return Parse(_text(parse.get("Sparql") or ""), quality == ("Complete", "Good"), answers, names)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("the query is no text")
    return value


def _example(question: str, expression: str, chosen: Parse, folder: Path) -> Example:
    offered = vocabulary(folder, _FILES, _EXPECTED)
    return Example(
        input=" ".join(question.split()),
        completion=expression,
        context=Context(offered.expression_definitions(parse(expression), chosen.names)),
        answer=chosen.answers or None,
    )


WEBQSP = WebQsp()
