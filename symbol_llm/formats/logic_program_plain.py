"""Statements as the datasets lay them out, read at once.

    Cold($x, True) && Rough($x, True) >>> Young($x, True) ::: Cold and rough things are young.

The functions give None for what they do not take: logic_program_parser.py then reads it token by token, takes other
blanks, and finds the fault. Programs on one subject share lines, so what was read is kept.
"""

from __future__ import annotations

import re
from functools import lru_cache

from symbol_llm.formats.logic_program_tree import Declaration, Literal, Rule, Statement

MAX_ARGUMENTS = 8
MAX_LITERALS = 16
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED = frozenset({"True", "False", "bool", "or", "AllDifferentConstraint"})

_PLAIN = re.compile(rf"({NAME.pattern})\(((?:\$?{NAME.pattern}, )+)(True|False|bool)\)")


@lru_cache(maxsize=4_096)
def plain_declaration(line: str) -> Declaration | None:
    """``Cold($x, bool) ::: Is x cold?``"""
    statement, gloss = _parts(line)
    match = _PLAIN.fullmatch(statement)
    if match is None or match[3] != "bool":
        return None
    arguments = match[2][:-2].split(", ")
    if len(arguments) > MAX_ARGUMENTS or not RESERVED.isdisjoint([match[1], *arguments]):
        return None
    return Declaration(match[1], tuple(arguments), gloss)


@lru_cache(maxsize=4_096)
def plain_statement(line: str) -> Statement | None:
    """``Cold(Bob, True) ::: Bob is cold.``"""
    statement, gloss = _parts(line)
    literal = _plain_literal(statement)
    return None if literal is None or "$" in statement else Statement(literal, gloss)


@lru_cache(maxsize=4_096)
def plain_rule(line: str) -> Rule | None:
    """``Cold($x, True) >>> Rough($x, True) ::: Cold things are rough.``"""
    statement, gloss = _parts(line)
    sides = [[_plain_literal(text) for text in side.split(" && ")] for side in statement.split(" >>> ")]
    if len(sides) != 2 or any(literal is None for side in sides for literal in side):
        return None
    body, head = (tuple(literal for literal in side if literal is not None) for side in sides)
    return Rule(body, head, gloss) if max(len(body), len(head)) <= MAX_LITERALS else None


def _parts(line: str) -> tuple[str, str]:
    """Statement and gloss; none of what cannot be printed."""
    statement, _, gloss = line.partition(":::")
    return (statement.rstrip(" "), gloss.strip()) if line.isprintable() else ("", "")


def _plain_literal(text: str) -> Literal | None:
    match = _PLAIN.fullmatch(text)
    if match is None or match[3] == "bool":
        return None
    arguments = match[2][:-2].split(", ")
    if len(arguments) > MAX_ARGUMENTS or not RESERVED.isdisjoint([match[1], *arguments]):
        return None
    return Literal(match[1], tuple(arguments), match[3] == "True")
