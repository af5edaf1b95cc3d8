"""Reading Python source that may be anything: ``ast.parse`` with every failure told as a SymbolError.

```
def solution(:          expected a valid Python program: invalid syntax at line 1, column 14
             ^
```
"""

from __future__ import annotations

import ast
import re
import warnings

from symbol_llm.errors import SymbolError

LONGEST_PROGRAM = 100_000  # characters; CPython's parser takes a quadratic time on some longer ones
_LINE_END = re.compile(r"\r\n|\r|\n")


def parse_python(text: str) -> ast.Module:
    """The syntax tree of a program. Raises SymbolError, whatever the text is."""
    if len(text) > LONGEST_PROGRAM:
        raise SymbolError(text, LONGEST_PROGRAM, f"a program of at most {LONGEST_PROGRAM:,} characters")
    for position, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise SymbolError(text, position, "Unicode text without NUL bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is legal, only frowned upon, such as "\d" in a string
            return ast.parse(text)
    except SyntaxError as error:
        position = _position(text, error.lineno or 1, error.offset or 1)
        raise SymbolError(text, position, "a valid Python program", f"not Python: {error.msg}") from None
    except (RecursionError, MemoryError):  # the parser's own stack: brackets or operators too deep
        raise SymbolError(text, 0, "a program that is nested less deeply") from None
    except (ValueError, OverflowError) as error:
        raise SymbolError(text, 0, "a valid Python program", f"not Python: {error}") from None


def line_starts(text: str) -> list[int]:
    """Where the lines begin that Python's tokenizer sees (a form feed, say, ends none)."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def _position(text: str, line: int, column: int) -> int:
    starts = line_starts(text)
    return starts[min(line, len(starts)) - 1] + max(0, column - 1)
