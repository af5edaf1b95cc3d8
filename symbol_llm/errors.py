"""The errors a user can meet, as a tree.

```
SymbolLLMError            anything the command line reports without a traceback
├── UserError             wrong input or set-up: exit code 2
│   └── EngineMissing     a solver or checker is not installed
├── CheckFailed           a check that was asked for did not hold: exit code 1
└── SymbolError           a text is not in its symbolic language: position, expectation, caret
```
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SymbolLLMError(Exception):
    """Base of all errors that are reported to people rather than debugged."""

    exit_code = 1


class UserError(SymbolLLMError):
    """The input or the set-up is wrong. Say what happened, where, and what to do next."""

    exit_code = 2


class EngineMissing(UserError):
    """A real engine is needed and not installed."""

    def __init__(self, engine: str, install: str) -> None:
        super().__init__(f"engine missing: {engine} is not installed. Install it with: {install}")
        self.engine = engine
        self.install = install

    def __reduce__(self) -> tuple:
        return (type(self), (self.engine, self.install))


class CheckFailed(SymbolLLMError):
    """A verification found a difference."""


class SymbolError(SymbolLLMError, ValueError):
    """A text does not belong to its language.

    >>> print(SymbolError("SELECT FROM t", 7, "a column"))
    expected a column at line 1, column 8
      SELECT FROM t
             ^
    """

    exit_code = 2

    def __init__(self, text: str, position: int, expected: str, message: str = "") -> None:
        self.text = text
        self.position = max(0, min(position, len(text)))
        self.expected = expected
        self.message = message or f"expected {expected}"
        super().__init__(self.message)

    @property
    def line(self) -> int:
        """Line number of the fault, from 1."""
        return self.text.count("\n", 0, self.position) + 1

    @property
    def column(self) -> int:
        """Column of the fault within its line, from 1."""
        return self.position - (self.text.rfind("\n", 0, self.position) + 1) + 1

    def __str__(self) -> str:
        start = self.text.rfind("\n", 0, self.position) + 1
        end = self.text.find("\n", self.position)
        line = self.text[start : end if end >= 0 else len(self.text)]
        offset = self.position - start
        # A long line is cut to a window around the caret, so that the message stays readable.
        left = max(0, offset - 60)
        window = line[left : offset + 40]
        shown = "".join(c if c.isprintable() else "·" for c in window)
        return f"{self.message} at line {self.line}, column {self.column}\n  {shown}\n  {' ' * (offset - left)}^"

    def __reduce__(self) -> tuple:
        return (type(self), (self.text, self.position, self.expected, self.message))


def unknown_name(kind: str, name: str, known: Iterable[str], list_command: str) -> UserError:
    """The error for a name that is not in a table: the nearest names, and how to list all."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return UserError(f"unknown {kind} {name!r}.{hint} List all with: {list_command}")
