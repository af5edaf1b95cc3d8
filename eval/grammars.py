"""What an output may look like, for formats that a context-free grammar describes: ``eval … --constrain``.

    grammar_of("scan", "I_JUMP: jump\\nI_WALK: walk")     start: action (" " action)*      action: "I_JUMP" | "I_WALK"

In Lark's notation, as llguidance reads it. A grammar admits every gold symbol's notation and little that does not
parse; it says nothing about meaning. Names come from the item's own definitions, so evolved names are constrained, too.
Formats without a grammar here are written freely.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

import symbol_llm.formats
from symbol_llm.formats.base import Context
from symbol_llm.formats.clevr_operations import OPERATIONS, VALUES, Type

FOL = r"""
start: formula ("\n" formula)*
formula: unary (" " CONNECTIVE " " unary)*
unary: "¬" unary | QUANTIFIER NAME " "? unary | "(" formula ")" | atom
atom: NAME "(" term (", " term)* ")" | term " = " term
term: NAME | NAME "(" term (", " term)* ")"
CONNECTIVE: /[∧∨→↔⊕]/
QUANTIFIER: /[∀∃]/
NAME: /[A-Za-z][A-Za-z0-9_]{0,40}/
"""


@lru_cache(maxsize=4096)
def grammar_of(format_name: str, definitions: str) -> str:
    """The grammar of symbols under these definitions, or an empty text if there is none."""
    match format_name:
        case "fol":
            return FOL
        case "scan":
            names = symbol_llm.formats.get("scan").defined_names(Context(definitions))
            return f'start: action (" " action)*\naction: {_any(name.text for name in names)}\n' if names else ""
        case "clevr":
            return _clevr({name.text for name in symbol_llm.formats.get("clevr").defined_names(Context(definitions))})
        case _:
            return ""


def _clevr(defined: set[str]) -> str:
    """Well-typed programs; none where the definitions give operations other names."""
    if defined and not defined <= {operation.name for operation in OPERATIONS.values()}:
        return ""
    rules: dict[str, list[str]] = {}
    for operation in OPERATIONS.values():
        if defined and operation.name not in defined:
            continue
        # A color that stands in the program is a word; one that an operation gives is a program.
        values = [f"{operation.value}_word"] if operation.value else []
        inner = ' "," '.join([*values, *map(_rule, operation.inputs)])
        rules.setdefault(_rule(operation.output), []).append(f'"{operation.name}(" {inner} ")"')
    rules |= {f"{kind}_word": [json.dumps(value) for value in values] for kind, values in VALUES.items()}
    answers = [_rule(kind) for kind in Type if kind.is_answer and _rule(kind) in rules]
    lines = [f"{name}: {' | '.join(ways)}" for name, ways in rules.items()]
    return "\n".join([f"start: {' | '.join(answers)}", *lines])


def _rule(kind: Type) -> str:
    return kind.value.replace(" ", "_")


def _any(texts: Iterable[str]) -> str:
    return " | ".join(map(json.dumps, texts))
