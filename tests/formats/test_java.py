"""Java snippets: files and members, tokenised text, reserved words, effort on broken text."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats import get
from symbol_llm.formats.tree_sitter_code import LONGEST_CODE, join_tokens
from tests.formats.bad_input import check_bad_input

RAW = os.environ.get("SYMBOL_LLM_RAW")
java = get("java")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("int f ( int a ) { return a > > 2 ; }", "int f ( int a ) { return a >> 2 ; }"),
        ("int f ( int a ) { return a > > > 2 + a > > 1 ; }", "int f ( int a ) { return a >>> 2 + a >> 1 ; }"),
        ("void f ( ) { a > > = 1 ; a > > > = 2 ; a > >= 3 ; }", "void f ( ) { a >>= 1 ; a >>>= 2 ; a >>= 3 ; }"),
        ("void f ( ) { g ( ( p ) - > true , A : : b ) ; }", "void f ( ) { g ( ( p ) -> true , A :: b ) ; }"),
        ("long f ( ) { return 0xFF_FF  L + 3 L ; }", "long f ( ) { return 0xFF_FFL + 3L ; }"),
        ("double f ( ) { return 1.5 f ; }", "double f ( ) { return 1.5f ; }"),
        ("List < List < C > > f ( ) { return a > > 1 ; }", "List < List < C > > f ( ) { return a >> 1 ; }"),
    ],
)
def test_cut_operators_of_tokenised_text_are_joined(text: str, canonical: str) -> None:
    assert java.canonical(text) == canonical
    assert java.canonical(java.render(java.parse(text))) == canonical


@pytest.mark.parametrize(
    "text", ["int f(int a) { return a > > 2; }", "void f() { g(A : : b); }", "long f() { return 3 L; }"]
)
def test_elsewhere_a_cut_operator_is_a_fault(text: str) -> None:
    assert java.accepts(text).holds is False


def test_a_line_comment_ends_its_line_when_tokens_are_joined() -> None:
    tokens = ["int", "f", "(", ")", "{", "// one", "return", "1", ";", "}"]
    assert join_tokens(tokens) == "int f ( ) { // one\nreturn 1 ; }"
    assert java.canonical(join_tokens(tokens)) == "int f ( ) { return 1 ; }"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("int f() {\n    return 1\n}", 2, 13, "expected ';'"),
        ("é f() { é é }", 1, 12, "expected ';'"),
        ("class A {\n    int f() { return (1; }\n}", 2, 24, "expected ')'"),
        ("return x;", 1, 1, "expected a name, not the keyword return"),
        ("int f() { } }", 1, 13, "expected the end of the text"),
        ("} class B {", 1, 1, "expected the end of the text"),
        ("import a.b; int f() { }", 1, 13, "expected a class, interface, enum or record"),
        ("// none", 1, 8, "expected a class or a method"),
    ],
)
def test_faults_are_where_they_are(text: str, line: int, column: int, message: str) -> None:
    """Also inside of the class that is put around a method."""
    with pytest.raises(SymbolError) as caught:
        java.parse(text)
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)


@pytest.mark.parametrize(
    "members",
    [
        "int f() { return 1; }",
        "/** Doc. */ int f() { return 1; } // end",
        "class A { int x; } int f() { return 1; }",
        "int x = 1; int f() { return x; }",
        "A() { super(); } int f() { return 1; }",
        "static { g(); }",
        "@Override public <T> T f() { return null; }",
    ],
)
def test_members_are_read_as_inside_of_a_class(members: str) -> None:
    """Methods and types alone are read as they stand, others with a class around them: to the same tokens."""
    in_class = java.parse(f"class Snippet {{ {members}\n}}").tokens
    assert java.parse(members).tokens == in_class[3:-1]


def test_layout_and_comments_are_no_part_of_the_tree() -> None:
    first, second = java.parse("int f(){return 1;}"), java.parse("int f ( ) { // x\n return 1 ; }")
    assert first == second and java.render(second) == "int f ( ) { // x\n return 1 ; }"


def test_sums_of_many_terms_are_read() -> None:
    text = f"int f() {{ return {' + '.join(['x'] * 20_000)}; }}"
    assert java.accepts(text).holds is True
    assert java.accepts("x" * (LONGEST_CODE + 1)).holds is False


def test_keywords_are_no_names() -> None:
    """tree-sitter-java alone takes them wherever nothing else fits."""
    for text in ("int x = {};", "{} f() {{ }}", "int {}() {{ }}", "int f() {{ return {}; }}", "int f() {{ a.{}(); }}"):
        assert java.accepts(text.format("name")).holds is True
        for keyword in ("class", "goto", "finally", "extends", "throws"):
            assert java.accepts(text.format(keyword)).holds is False, text.format(keyword)


def test_the_import_is_light() -> None:
    code = (
        "import sys, symbol_llm.formats.java, symbol_llm.formats.go;"
        "print(sorted({'sacrebleu', 'tree_sitter', 'tree_sitter_java'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("java", 20_000, engine_every=4) > 1_000


def code_search_net(raw: Path, language: str) -> Iterator[tuple[str, str]]:
    """(where, code): functions as written and as tokens, and CodeXGLUE's cloze tests with a word put in."""
    for path in sorted((raw / "codesearchnet" / language).rglob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                yield row["func_name"], row["code"]
                yield row["func_name"], join_tokens(row["code_tokens"])
    cloze = raw / "codesearchnet" / "CodeXGLUE_ClozeTesting-maxmin" / language / "clozeTest.json"
    for row in json.loads(cloze.read_bytes()):
        yield row["idx"], join_tokens("max" if token == "<mask>" else token for token in row["pl_tokens"])


def mbxp(raw: Path, release: str, samples: str) -> Iterator[tuple[str, str]]:
    """(where, code): upstream's solutions, and the completions of its samples, after their prompts."""
    folder = raw / "mbxp" / "data" / "mbxp"
    rows = [json.loads(line) for line in (folder / release).read_text(encoding="utf-8").splitlines()]
    prompts = {row["task_id"]: row["prompt"] for row in rows}
    yield from (
        (row["task_id"], row["prompt"] + row["canonical_solution"]) for row in rows if row["canonical_solution"]
    )
    for row in map(json.loads, (folder / "examples" / samples).read_text(encoding="utf-8").splitlines()):
        if row["task_id"] in prompts:
            yield row["task_id"], prompts[row["task_id"]] + row["completion"]


def concode(raw: Path) -> Iterator[tuple[str, str]]:
    for line in (raw / "concode" / "dev.json").read_text(encoding="utf-8").splitlines():
        yield "concode", json.loads(line)["code"]


def check_real_code(name: str, rows: Iterator[tuple[str, str]], faults: dict[str, str]) -> int:
    """Every row is read, accepted and round-trips, except the listed faults. Returns how many rows there were."""
    language = get(name)
    count = 0
    for where, text in rows:
        count += 1
        verdict = language.accepts(text)
        if where in faults:
            assert verdict.holds is False and faults[where] in verdict.reason
            continue
        assert verdict.holds is True, (where, verdict.reason)
        tree = language.parse(text)
        assert language.parse(language.render(tree)) == tree
        canonical = language.canonical(text)
        assert language.canonical(canonical) == canonical, where
    return count


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_method_is_read() -> None:
    """CONCODE, CodeSearchNet, MBJP."""
    assert RAW
    raw = Path(RAW)
    faults = {"maxmin-39": "expected"}  # one '}' less than '{' in upstream's list of tokens
    assert check_real_code("java", concode(raw), {}) >= 300
    assert check_real_code("java", code_search_net(raw, "java"), faults) >= 260
    assert check_real_code("java", mbxp(raw, "mbjp_release_v1.2.jsonl", "mbjp_samples.jsonl"), {}) >= 140
