"""Z3's parser, asked in this process whether it takes a theory.

    ∀x (Cat(x) → Animal(x))   →   (assert (forall ((v0 U)) (=> (p1_0 v0) (p1_1 v0))))

A question whether something follows may take for ever, so it is asked in a process that can be ended (fol_z3.py).
Reading formulas of bounded size is no such question. Each thread has one parser with a context of its own, which is
kept with its declarations: to make one takes Z3 longer than to read ten formulas.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain

from symbol_llm.formats.fol_parser import LONGEST_KEPT, parse_line
from symbol_llm.formats.fol_smt import Assertion, assertion

_MOST_DECLARATIONS = 10_000


class Refused(Exception):
    """Z3 does not take the formulas; its message."""


def read_lines(lines: Sequence[str]) -> list[Assertion]:
    """Let Z3 read the formulas of these lines, and tell what it read. Raises SymbolError, or Refused."""
    assertions = [_kept(line) if len(line) <= LONGEST_KEPT else _assertion(line) for line in lines]
    _READER.read(assertions)
    return assertions


def _assertion(line: str) -> Assertion:
    return assertion(parse_line(line).formula)


_kept = lru_cache(maxsize=4_096)(_assertion)  # theories of one story share lines


class _Reader(threading.local):
    """A thread's own parser of SMT-LIB."""

    def __init__(self) -> None:
        self.declared: set[str] = set()
        self.parse: Callable[[str], object] | None = None

    def read(self, assertions: Sequence[Assertion]) -> None:
        import z3

        if self.parse is None or len(self.declared) > _MOST_DECLARATIONS:
            self.parse = z3.ParserContext(z3.Context()).from_string
            self.parse("(declare-sort U 0)")
            self.declared = set()
        missing = set(chain.from_iterable(found.declarations for found in assertions)) - self.declared
        try:
            self.parse("".join([*missing, *(found.text for found in assertions)]))
        except z3.Z3Exception as error:
            self.parse = None  # it keeps what came before the fault
            said = error.value if hasattr(error, "value") else error
            raise Refused(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from error
        self.declared |= missing


_READER = _Reader()
