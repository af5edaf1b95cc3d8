"""GrailQA v1.0: questions over Freebase with s-expressions, made to test generalisation.

    {"qid": 2101960008000, "question": "which play is produced by the illusion?", "answer": [{"answer_argument": "m.0b",
     …}], "graph_query": {"nodes": [{"node_type": "entity", "id": "m.0a", "friendly_name": "The Illusion", …}, …], …},
     "s_expression": "(AND theater.play (JOIN theater.play.productions m.0a))", …}
    ->  definitions  entity m.0a: The Illusion, relation theater.play.productions: productions, class theater.play: play
        completion   (AND theater.play (JOIN theater.play.productions m.0a))
        answer       ["m.0b"]

Upstream's grailqa_v1.0_{train,dev,test_public}.json, in GrailQA_v1.0.zip or not. The labels of the test set are hidden:
its rows are rejected as NO_LABEL, and dev is our test split, as in the literature. The first eight digits of a qid are
its template, which groups rows. ``level`` is only in dev, and the names of answers that are values are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream
from collection.sources.kb_questions import read_rows, vocabulary
from collection.sources.upstream_files import upstream_files
from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import Context
from symbol_llm.formats.kb_expression import parse
from symbol_llm.record import Split

_SPLITS = {"train": Split.TRAIN, "dev": Split.TEST, "test_public": Split.TEST}
_FILES = r"grailqa_v1\.0_(?:train|dev|test_public)\.json"
_EXPECTED = "grailqa_v1.0_train.json, grailqa_v1.0_dev.json, grailqa_v1.0_test_public.json"


class GrailQa(Source):
    task = "grailqa"
    format = "kb_sexpr"
    family = "KG/DB"
    licence = Licence("CC-BY-SA-4.0", True)
    upstream = Upstream(
        dataset="grailqa",
        url="https://dki-lab.github.io/GrailQA/",
        revision="1.0",
        citation=(
            "Yu Gu, Sue Kase, Michelle Vanni, Brian Sadler, Percy Liang, Xifeng Yan and Yu Su. 2021. Beyond I.I.D.: "
            "Three Levels of Generalization for Question Answering on Knowledge Bases. WWW."
        ),
        sizes={"train": 44_337, "dev": 6_763, "test": 13_231},
    )
    prompt = Prompt(
        instructions=(
            "Translate the question into an s-expression over the classes and relations below.",
            "Write the s-expression that answers the question from the knowledge base.",
            "Turn the question into a logical form, an s-expression over Freebase.",
            "Express the request as an s-expression. Begin with the class that is asked for.",
            "Give the query of the knowledge base for this question as an s-expression.",
            "Choose among the entities, relations and classes and compose the s-expression of the question.",
            "Find the s-expression that stands for the answers to the question.",
            "Map the question to operators such as AND, JOIN, ARGMAX and COUNT over these relations.",
            "Convert the request to an s-expression that a knowledge graph can execute.",
            "Formalise the question with the given classes and relations as an s-expression.",
        ),
        definitions_label="The entities, relations and classes are:",
        input_label="The request is:",
        cue="The corresponding s-expression for the request is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Every row of the three files. Raises UserError if none is there, or one is broken."""
        with upstream_files(folder, _FILES, _EXPECTED) as files:
            for name, split in _SPLITS.items():
                file = files.get(f"grailqa_v1.0_{name}.json")
                if file is not None:
                    yield from read_rows(file, split)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        question, expression = data.get("question"), data.get("s_expression")
        if not isinstance(question, str):
            return Rejected(Reason.MALFORMED_ROW, "the question is no text")
        if expression in (None, "null"):
            return Rejected(Reason.NO_LABEL, "upstream gives no s-expression")
        if not isinstance(expression, str):
            return Rejected(Reason.MALFORMED_ROW, "the s-expression is no text")
        if not question.strip():
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        try:
            answers = [str(answer["answer_argument"]) for answer in data.get("answer") or []]
            labels = _labels(data.get("graph_query") or {})
        except (KeyError, TypeError, AttributeError) as error:
            return Rejected(Reason.MALFORMED_ROW, f"answer or graph_query is not in upstream's form: {error!r}")
        try:
            tree = parse(expression)
        except SymbolError as error:
            return Rejected(Reason.PARSE_ERROR, str(error), error.position)
        offered = vocabulary(folder, _FILES, _EXPECTED)
        return Example(
            input=" ".join(question.split()),
            completion=expression.strip(),
            context=Context(offered.expression_definitions(tree, labels)),
            answer=answers or None,
            group=f"template-{str(data['qid'])[:8]}" if "qid" in data else "",
        )


def _labels(graph: Mapping[str, Any]) -> dict[str, str]:
    """The names of the entities of a row's graph. Raises KeyError, TypeError or AttributeError if it is none."""
    nodes = [node for node in graph.get("nodes") or [] if node["node_type"] == "entity"]
    return {node["id"]: str(node.get("friendly_name") or "") for node in nodes}


GRAILQA = GrailQa()
