"""Python snippets: what CPython compiles, canonical form, quirks of CoNaLa, MBPP and CodeSearchNet."""

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
from tests.formats.bad_input import check_bad_input

RAW = os.environ.get("SYMBOL_LLM_RAW")
python = get("python")


def test_windows_and_mixed_line_ends_are_read() -> None:
    """972 of MBPP's 974 programs have them."""
    windows = "def f(a):\r\n\tif a:\r\n\t\treturn 1\r\n\treturn 2"
    assert python.parse(windows) == python.parse(windows.replace("\r\n", "\n").replace("\t", "    "))


def test_the_tree_keeps_docstrings_but_no_comments() -> None:
    text = 'def f(a):\n    """Doc."""\n    return a  # why'
    assert python.render(python.parse(text)) == 'def f(a):\n    """Doc."""\n    return a'
    assert python.canonical(text) == "def f(v0):\n    return v0"


def test_what_is_seen_from_outside_keeps_its_name() -> None:
    text = "def area(width, height=2):\n    size = width * height\n    return size\narea(width=3)"
    assert python.canonical(text) == "def area(width, v0=2):\n    v1 = width * v0\n    return v1\narea(width=3)"


@pytest.mark.parametrize(
    ("text", "holds", "reason"),
    [
        ("x = 1", True, "compiled, not run"),
        ("return os.stat(name)", True, "compiled as the body of a function, not run"),
        ("return 1\nbreak", False, "'break' outside loop"),
        ("x = 1\nbreak", False, "line 2, column 1"),
        ("def f(a, a): pass", False, "duplicate argument 'a'"),
        ("await load(x)", False, "'await' outside function"),
        ("print 'x'", False, "Missing parentheses in call to 'print'"),
        ("while True: pass", True, "compiled, not run"),
        ("__import__('os').system('false')", True, "compiled, not run"),
        ("pass", True, "compiled, not run"),
        ("# nothing but a comment", False, "expected a statement"),
        ("x = '\\d'", True, "compiled, not run"),
        ("x = " + "-" * 2_990 + "y", False, "nested less deeply"),
    ],
)
def test_the_compiler_decides(text: str, holds: bool, reason: str) -> None:
    verdict = python.accepts(text)
    assert verdict.holds is holds and reason in verdict.reason
    assert verdict.engine == f"CPython {sys.version.split()[0]}"


def test_a_fault_is_where_it_is() -> None:
    with pytest.raises(SymbolError) as caught:
        python.parse("é = 'x'\nfor x in é\n    print(x)")
    assert (caught.value.line, caught.value.column) == (2, 11)


def test_programs_that_may_do_the_same_are_unknown() -> None:
    verdict = python.equivalent("x = 1 + 1", "x = 2")
    assert verdict.holds is None and verdict.reason == "undecidable in general"
    assert python.score("x = 2", "x = 1 + 1").is_equivalent is None
    assert python.score("x = (2)", "x = 2").is_equivalent is True


def test_corpus_bleu_is_no_mean() -> None:
    scores = [python.score("a = b + c", "a = b + c"), python.score("print(x)", "return sorted(rows)[0]")]
    assert scores[0].value == 1.0 and python.aggregate(scores[:1]) == 1.0
    assert 0 < python.aggregate(scores) < 1
    assert python.aggregate(scores) != pytest.approx(sum(score.value for score in scores) / 2, abs=1e-3)


def test_a_long_module_keeps_its_names() -> None:
    text = "def f(a):\n    return a\n"
    assert "v0" in python.canonical(text * 100) and "v0" not in python.canonical(text * 101)


def test_the_import_is_light() -> None:
    code = "import sys, symbol_llm.formats.python; print(sorted({'sacrebleu', 'sympy', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("python", 20_000) > 1_000


def real_programs(raw: Path) -> Iterator[tuple[str, str]]:
    """(where, program) of CoNaLa, MBPP, MBXP and CodeSearchNet."""
    for path in sorted((raw / "conala").rglob("*.json")):
        yield from ((path.name, row["snippet"]) for row in json.loads(path.read_bytes()))
    for line in (raw / "mbpp" / "mbpp.jsonl").read_text(encoding="utf-8").splitlines():
        yield "mbpp", json.loads(line)["code"]
    for line in (raw / "mbxp/data/mbxp/mbpp_release_v1.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["task_id"], row["prompt"] + row["canonical_solution"]
    for path in sorted((raw / "codesearchnet" / "python").rglob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from ((row["func_name"], row["code"]) for row in map(json.loads, file))


# Label faults: programs of Python 2, and a docstring that is not indented below its "def".
FAULTS = {
    "print_MannWhitneyU": "Missing parentheses in call to 'print'",
    "print_KruskalWallisH": "Missing parentheses in call to 'print'",
    "MBPP/64": "expected an indented block",
}


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_program_is_read() -> None:
    assert RAW
    count = 0
    for where, text in real_programs(Path(RAW)):
        count += 1
        verdict = python.accepts(text)
        if where in FAULTS:
            assert verdict.holds is False and FAULTS[where] in verdict.reason
            continue
        assert verdict.holds is True, (where, verdict.reason)
        tree = python.parse(text)
        assert python.parse(python.render(tree)) == tree
        canonical = python.canonical(text)
        assert python.canonical(canonical) == canonical, where
    assert count >= 1_700


# Texts that would hang or crash a careless reader: what folds into endless constants, and what nests without end.
GREEDY = {
    "powers": "9**9**9**9",
    "shift": "1 << 10**9",
    "long text": "'a' * 10**9",
    "long tuple": "(1,) * 10**9",
    "texts of texts": "(('a' * 4000) * 4000) * 4000",
    "digits": "9" * 90_000,
    "hexadecimal": "0x" + "f" * 90_000 + " * 0x" + "f" * 9_000,
    "minus": "-" * 90_000 + "1",
    "not": "not " * 24_000 + "1",
    "brackets": "(" * 50_000 + ")" * 50_000,
    "attributes": "a" + ".b" * 45_000,
    "calls": "f" + "()" * 45_000,
    "sums": "1+" * 45_000 + "1",
    "choices": "1 if 1 else " * 8_000 + "1",
    "functions": "lambda:" * 14_000 + "1",
    "blocks": "\n".join(" " * i + "if 1:" for i in range(400)) + "\n" + " " * 400 + "pass",
    "branches": "if a:\n pass\n" + "elif a:\n pass\n" * 5_000,
    "patterns": "match a:\n case " + "[" * 190 + "]" * 190 + ": pass",
    "lines": "\\\n" * 45_000,
}


@pytest.mark.parametrize("text", GREEDY.values(), ids=GREEDY)
def test_greedy_texts_are_read_or_refused_in_this_process(text: str) -> None:
    verdict = python.accepts(text)
    assert verdict.holds is not None and verdict.reason
    if verdict.holds is False and not python.parses(text):
        with pytest.raises(SymbolError):
            python.canonical(text)
