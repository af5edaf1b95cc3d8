"""Descriptions from documentation comments, and Python code without its docstring."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.sources.docstrings import first_paragraph, without_docstring


@pytest.mark.parametrize(
    ("documentation", "description"),
    [
        ("Half of a number.", "Half of a number."),
        ("Two\n  lines.\n\nMore.", "Two lines."),
        ("Two\r\nlines.\r\n\r\nMore.", "Two lines."),
        ("// Close closes.\n// For good.\n//\n// More.", "Close closes. For good."),
        ("//Close closes.", "Close closes."),
        ("/*\nClose closes.\n*/", "Close closes."),
        ("/**\n * Close closes.\n * For good.\n *\n * More.\n */", "Close closes. For good."),
        ("Size of it.\n@return the size\n@since 1.2", "Size of it."),
        ("Size of it.\n:param x: the thing", "Size of it."),
        ("Size of it.\nArgs:\n  x: the thing", "Size of it."),
        ("Size of it.\nParameters\n----------\nx : int", "Size of it."),
        ("Size of it.\n>>> size(1)\n2", "Size of it."),
        ("Title\n=====\nText", "Title"),
        ("Size of it.<p>More.", "Size of it."),
        ("A {@link Box} of <code>int</code> &amp; {@code List<String>}.", "A Box of int & List<String>."),
        ("{@inheritDoc}", ""),
        ("{@inheritDoc}\n\nCloses {@link Box}es first.", "Closes Boxes first."),
        ("/*\n*****\nClose closes.\n*****\n*/", "Close closes."),
        ("=====\nTitle\n=====\nText", "Title"),
        ("Returns the size of it.", "Returns the size of it."),
        ("Example of a name.", "Example of a name."),
        (".. versionadded:: 1.2\n\nSize of it.", "Size of it."),
        ("1. one\n * two", "1. one two"),
        ("@return the size", ""),
        (":param x: the thing", ""),
        ("Args:\n  x", ""),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_first_paragraph(documentation: str, description: str) -> None:
    assert first_paragraph(documentation) == description


@pytest.mark.parametrize(
    ("code", "rest"),
    [
        ('def f(x):\n    """Doc."""\n    return x', "def f(x):\n    return x"),
        ('def f(x):\n    """Doc.\n\n    More.\n    """\n\n    return x  # why', "def f(x):\n    return x  # why"),
        ("def f(x):\n    'ö' 'Doc.'\n    return x", "def f(x):\n    return x"),
        ("def f(ö): 'ö'; return ö", "def f(ö):\n    return ö"),
        ('import os\n@cached\nasync def f():\n  r"""Doc \\d."""\n  # kept\n  await g()',
         "import os\n@cached\nasync def f():\n  # kept\n  await g()"),
        ('class A:\n    """Doc."""\n\n    def g(self):\n        """Inner."""\n        return 1',
         'class A:\n    def g(self):\n        """Inner."""\n        return 1'),
        ('def f():\n    """Doc."""  # remark\n    return 1', "def f():\n      # remark\n    return 1"),
        ('def f():\n    """Doc."""', ""),
        ("def f():\n    return 'text'", "def f():\n    return 'text'"),
        ("def f():\n    f'{1}'\n    return 1", "def f():\n    f'{1}'\n    return 1"),
        ("x = 1", "x = 1"),
        ('def f():\n    """Doc."""\n    print 1', 'def f():\n    """Doc."""\n    print 1'),
        ("", ""),
        ("\0", "\0"),
    ],
)  # fmt: skip
def test_without_docstring(code: str, rest: str) -> None:
    assert without_docstring(code) == rest


@given(st.text(max_size=60), st.sampled_from(["    return 1", "    # c\n\n    return 'x'", "    a = 1; return a"]))
def test_only_the_docstring_goes(documentation: str, body: str) -> None:
    code = f"def f(x):\n    {documentation!r}\n{body}"
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):  # a text with lone surrogates is no source
        return
    plain = f"def f(x):\n{body}"
    assert ast.dump(ast.parse(without_docstring(code))) == ast.dump(ast.parse(plain))
