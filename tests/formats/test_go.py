"""Go snippets: the rule of semicolons, order of declarations, real functions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats import get
from tests.formats.bad_input import check_bad_input
from tests.formats.test_java import check_real_code, code_search_net, mbxp

RAW = os.environ.get("SYMBOL_LLM_RAW")
go = get("go")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("func f() {\n\ta()\n\treturn 1 // x\n}", "func f ( ) { a ( ) ; return 1 }"),
        ("func f() {\n\tx := g(\n\t\ta,\n\t\tb,\n\t)\n}", "func f ( ) { x := g ( a , b , ) }"),
        ("func f() {\n\tx++\n\ty = z[1]\n\treturn\n}", "func f ( ) { x ++ ; y = z [ 1 ] ; return }"),
        ("func f() {\n\ta := b +\n\t\tc\n}", "func f ( ) { a := b + c }"),
        ("func f() {\n\ta.\n\t\tb()\n}", "func f ( ) { a . b ( ) }"),
        ("func f() {\n\tif x {\n\t} else {\n\t}\n}", "func f ( ) { if x { } else { } }"),
        ("func f() { for ; ; { }; for i := 0; i < n; { } }", "func f ( ) { for ; ; { } ; for i := 0 ; i < n ; { } }"),
        ("var (\n\ta = 1\n\tb int\n)", "var ( a = 1 ; b int ; )"),
        ('package p\nimport (\n"a"\nb "c"\n)\nvar x int', 'package p ; import ( "a" ; b "c" ; ) ; var x int'),
        ("func f() {\n\ts := `a\n\t  b`\n\tr := ' '\n}", "func f ( ) { s := `a\n\t  b` ; r := ' ' }"),
    ],
)
def test_semicolons_stand_where_lines_end(text: str, canonical: str) -> None:
    assert go.canonical(text) == canonical
    assert go.canonical(canonical) == canonical


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("func main\n() { }", 2, 1),
        ("type Shape\ninterface { Area() float64 }", 2, 1),
        ("func f() {\n\tif x\n\t{\n\t}\n}", 3, 2),
        ("func f() {\n\tif x // note:\n\t{\n\t}\n}", 3, 2),
        ("func f() {\n\tif x /* a\n{ */ {\n\t}\n}", 3, 6),
        ("func f() {\n\tif 1.\n\t{\n\t}\n}", 3, 2),
        ("func f() {\n\tg(x // one:\n\t// two,\n\t)\n}", 4, 2),
    ],
)
def test_a_line_that_ends_too_early_is_a_fault(text: str, line: int, column: int) -> None:
    """tree-sitter-go alone takes these; Go's own lexer puts a semicolon there."""
    with pytest.raises(SymbolError, match="ends the statement too early") as caught:
        go.parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    [
        "func f() {\n\tg(x, // one\n\t\t// two\n\t\ty)\n}",
        "func f(x int) {\n\tswitch x { // why\n\tcase 1: // one\n\t\t// two\n\t\tg()\n\tdefault: // rest\n\t}\n}",
        "func f() {\nretry: // again\n\tfor {\n\t\tcontinue retry // once more\n\t}\n}",
        "/* one\n:= */\nfunc f() {\n\ts := `a\n:= b`\n\t_ = s /* c\n*/\n}",
    ],
)
def test_comments_and_raw_strings_may_end_lines_anywhere(text: str) -> None:
    assert go.accepts(text).holds is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("func f() {} func g() {}", "expected the end of the source file"),
        ("x := 1", "expected a declaration (func, type, var, const), the imports before all others"),
        ('func f() { }\nimport "a"', "expected a declaration (func, type, var, const), the imports before all others"),
        ("package p\npackage p\nvar x int", "expected a declaration (func, type, var, const), the imports before all"),
        ("package p", "expected a declaration: func, type, var or const"),
        ("func f() { return type }", "expected another token in the block"),
        ("func f( { }", "expected ')'"),
    ],
)
def test_faults_tell_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(SymbolError) as caught:
        go.parse(text)
    assert message in caught.value.message


def test_a_text_of_many_faults_is_given_up() -> None:
    with pytest.raises(SymbolError, match="too many faults to tell the first"):
        go.parse("f( " + "- > " * 2_000)
    assert go.accepts("func f() { return }").holds is True, "the parser is as new"


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("go", 20_000, engine_every=4) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_function_is_read() -> None:
    """CodeSearchNet; MBGP has no solutions but its samples."""
    assert RAW
    assert check_real_code("go", code_search_net(Path(RAW), "go"), {}) >= 120
    assert check_real_code("go", mbxp(Path(RAW), "mbgp_release_v1.1.jsonl", "mbgp_samples.jsonl"), {}) >= 50
