"""The first paragraph of a documentation comment, and code without its documentation.

```
"// Close implements the Query interface.\\n// It …"      →  "Close implements the Query interface. It …"
"Returns the size.\\n<p>\\n@param x {@link Box}"          →  "Returns the size."
"def f():\\n    '''Say hello.'''\\n    print('hello')"    →  "def f():\\n    print('hello')"
```
"""

from __future__ import annotations

import ast
import html
import re
import warnings

from symbol_llm.errors import SymbolError
from symbol_llm.solvers.python_syntax import line_starts, parse_python

_MARKER = re.compile(r"^[ \t]*(?://+|/\*+|\*+/|\*(?=\s|$))[ \t]?", re.MULTILINE)
_COMMENT_END = re.compile(r"\*+/\s*\Z")
_BREAK = re.compile(r"(?i)<(?:p|br|/p|ul|ol|pre|li|h\d|table|blockquote)\b[^>]*>")
_TAG = re.compile(r"(?i)</?(?:a|b|big|br|code|div|em|font|i|kbd|s|small|span|strong|sub|sup|tt|u|var)(?:\s[^<>]*)?/?>")
_INLINE = re.compile(r"\{@\w+(?:\s+([^{}]*))?\}")  # {@link Box}, and {@inheritDoc}, which says nothing
# What ends a description: a tag, the name of a section, or the line under a heading.
_SECTION = re.compile(
    r"(?i)^\s*(?:[@:](?:param|parameter|arg|argument|return|returns|rtype|type|raise|raises|throws|exception|see|since|"
    r"author|deprecated|version|keyword|example|examples|note|todo|link|inheritdoc)\b"
    r"|(?:args|arguments|parameters|params|returns?|raises|yields|examples?|usage|notes?|attributes|see also|"
    r"keyword arguments|example usage)\s*:*\s*$|>>>|[-=~*]{3,}\s*$|\.\.\s)"
)
# ".. versionadded:: 1.2" or a line of stars before the description.
_BEFORE = re.compile(r"\A\s*(?:\.\. \w+::[^\n]*|[-=~*#]{3,}[ \t]*)(?:\n|\Z)")
_BLANK_LINES = re.compile(r"\A(?:[ \t]*(?:\r\n|\n|\r))+")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def first_paragraph(documentation: str) -> str:
    """The first paragraph of a documentation comment as one line, without comment marks, mark-up and sections."""
    text = documentation.replace("\r\n", "\n").replace("\r", "\n")
    text = _COMMENT_END.sub("", _MARKER.sub("", text))
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n\n", _INLINE.sub(r"\1", text))))
    lines: list[str] = []
    for line in _BEFORE.sub("", text).strip().split("\n"):
        if _SECTION.match(line) or (lines and not line.strip()):
            break
        lines.append(line)
    return " ".join(" ".join(lines).split())


def without_docstring(code: str) -> str:
    """A Python function or class without its own docstring; empty if it has nothing else.

    Text that is no Python 3 is returned as it is: whoever needs Python will say what is wrong with it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown escape such as "\\d" in somebody's code
        try:
            module = parse_python(code)
            definitions = [node for node in module.body if isinstance(node, _DEFINITIONS)]
            if not definitions or not _is_text(docstring := definitions[-1].body[0]):
                return code
            del definitions[-1].body[0]
            if not definitions[-1].body:
                return ""
            rest = _cut(code, docstring)
            # Beside other statements on one line, a cut may change or break them: then it is printed anew.
            return rest if _dump(rest) == ast.dump(module) else ast.unparse(module)
        except (SymbolError, RecursionError):
            return code


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _cut(code: str, statement: ast.stmt) -> str:
    """The code without the text of a statement, and without the lines that are blank then."""
    before, after = code[: _offset(code, statement.lineno, statement.col_offset)], ""
    if statement.end_lineno is not None and statement.end_col_offset is not None:
        after = code[_offset(code, statement.end_lineno, statement.end_col_offset) :]
    start = before.rfind("\n") + 1
    rest = _BLANK_LINES.sub("", after)
    if not before[start:].strip() and rest != after:
        return before[:start] + rest
    return before + after


def _offset(code: str, line: int, column: int) -> int:
    """The character at a line, from 1, and a column, in bytes, as ast counts."""
    start = line_starts(code)[line - 1]
    return start + len(code[start : start + column].encode()[:column].decode())


def _dump(code: str) -> str | None:
    try:
        return ast.dump(parse_python(code))
    except SymbolError:
        return None
