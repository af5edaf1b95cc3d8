"""Any form of a plan to any other, through the plan itself.

    read("Step 1. mix (5 min) …")                           →   Plan(…), form NATURAL
    write(plan, Form.GRAPH, Random(0)).question             →   "You have a graph whose adjacency list …"

    Form      natural, graph, code: the paper's prompts (natural also reads African-American English, aave)
              symbol: the two dictionaries of a graph alone, as the solver "graph" executes them
              compact_natural, compact_graph, compact_code: for small models

What a form does not say is lost: texts of steps outside of language, units in the code.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from random import Random
from typing import NamedTuple

from collection.procedures import compact, paper_forms, paper_readers
from collection.procedures.critical_path import critical_time
from collection.procedures.instance import Plan, sole_unit
from collection.procedures.trace import trace
from symbol_llm.errors import SymbolError


class Form(StrEnum):
    """A way to write a plan down."""

    NATURAL = "natural"
    GRAPH = "graph"
    CODE = "code"
    SYMBOL = "symbol"
    COMPACT_NATURAL = "compact_natural"
    COMPACT_GRAPH = "compact_graph"
    COMPACT_CODE = "compact_code"


PAPER = (Form.NATURAL, Form.GRAPH, Form.CODE)
COMPACT = (Form.COMPACT_NATURAL, Form.COMPACT_GRAPH, Form.COMPACT_CODE)
_READERS: dict[Form, Callable[[str], Plan]] = {
    Form.NATURAL: paper_readers.read_natural,
    Form.GRAPH: paper_readers.read_graph,
    Form.CODE: paper_readers.read_code,
    Form.SYMBOL: paper_readers.read_symbol,
    Form.COMPACT_NATURAL: compact.read_natural,
    Form.COMPACT_GRAPH: compact.read_graph,
    Form.COMPACT_CODE: compact.read_code,
}


class Written(NamedTuple):
    """A prompt and what belongs to it.

    ``answer`` is the paper's label. ``unit`` is what a bare number means ("" if nothing). ``completion`` is the
    trace of a compact form, else empty.
    """

    question: str
    answer: str | float
    unit: str
    completion: str = ""


def detect(text: str) -> Form:
    """The form of a text, by what only that form has. Raises SymbolError if it is none."""
    if text.startswith("longest_path ( "):
        return Form.COMPACT_CODE
    if text.startswith("{ "):
        return Form.COMPACT_GRAPH
    if text.lstrip().startswith(("{'", '{"', "adj_list")):
        return Form.SYMBOL
    if "```python\nadj_list" in text:
        return Form.CODE
    if "adjacency list representation is as follows" in text:
        return Form.GRAPH
    if "\nQuestion: " in text:
        return Form.NATURAL
    if text.startswith("to ") and " : " in text:
        return Form.COMPACT_NATURAL
    raise SymbolError(text, 0, f"a plan in one of the forms {', '.join(Form)}")


def read(text: str, form: Form | None = None) -> Plan:
    """The plan of a prompt; without ``form`` it is found out. Raises SymbolError if the text is no plan in it."""
    return _READERS[form or detect(text)](text)


def write(plan: Plan, form: Form, rng: Random, wording: str = "") -> Written:
    """The prompt of a plan. ``rng`` draws what is arbitrary: numbers of the code, order of times, wording of orders.

    Raises UserError for times that a compact form cannot say.
    """
    if form is Form.NATURAL:
        return _paper(plan, paper_forms.natural(plan))
    if form in (Form.GRAPH, Form.SYMBOL):
        order = rng.sample(range(len(plan.steps)), len(plan.steps))
        return _paper(plan, (paper_forms.graph if form is Form.GRAPH else paper_forms.graph_symbol)(plan, order))
    if form is Form.CODE:
        question = paper_forms.code(plan, paper_forms.code_ids(plan, rng))
        return Written(question, paper_forms.code_label(plan), "min")
    if form is Form.COMPACT_NATURAL:
        return _compact(plan, compact.natural(plan, wording or rng.choice(compact.WORDINGS)))
    if form is Form.COMPACT_GRAPH:
        return _compact(plan, compact.graph(plan, rng.sample(range(len(plan.steps)), len(plan.steps))))
    ids = [10 + i for i in paper_forms.code_ids(plan, rng, 90)]
    return _compact(plan.renamed([str(i) for i in ids[:-2]]), compact.code(plan, ids))


def _paper(plan: Plan, question: str) -> Written:
    return Written(question, paper_forms.label(critical_time(plan)), sole_unit(plan))


def _compact(plan: Plan, question: str) -> Written:
    return Written(question, paper_forms.label(critical_time(plan)), "min", trace(plan))
