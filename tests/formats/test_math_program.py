"""What the contract test does not ask of programs: renaming without capture, faults of the machine, odd sources."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from pathlib import Path

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats import get, math_program_names
from symbol_llm.formats.math_program_names import rename_locals
from tests.formats.bad_input import check_bad_input

LANGUAGE = get("math_program")


def in_solution(body: str) -> str:
    return "def solution():\n" + "".join(f"    {line}\n" for line in body.splitlines())


@pytest.mark.parametrize(
    ("body", "renamed"),
    [
        ("a = 1\nb = a\nreturn b", "v0 = 1\nv1 = v0\nreturn v1"),
        ("return [x for x in (1, 2)]", "return [v0 for v0 in (1, 2)]"),
        ("f = lambda x: x + 1\nreturn f(1)", "v0 = lambda v1: v1 + 1\nreturn v0(1)"),
        # built-in in one scope, variable in another: the name means two things, so it stays
        ("total = sum([1])\nreturn [sum for sum in (total,)]", "v0 = sum([1])\nreturn [sum for sum in (v0,)]"),
        ("import math\nr = 2\nreturn math.pi * r", "import math\nv0 = 2\nreturn math.pi * v0"),
        ("def f(x, y=1):\n    return x + y\nreturn f(x=1)", "def f(x, v0=1):\n    return x + v0\nreturn f(x=1)"),
        ("v0 = 1\nw = 2\nreturn v0 + w", "v0 = 1\nv1 = 2\nreturn v0 + v1"),
        ("a = v0\nreturn a", "v1 = v0\nreturn v1"),  # a global of that name
        ("a = 1\nreturn locals()['a']", "a = 1\nreturn locals()['a']"),
        ("a = 1\nreturn eval('a')", "a = 1\nreturn eval('a')"),
        ("global a\na = 1\nreturn a", "global a\na = 1\nreturn a"),
        ("a = 1\nreturn f'{a=}'", "v0 = 1\nreturn f'a={v0!r}'"),
        ("try:\n    pass\nexcept OSError as e:\n    print(e)\nreturn 1",
         "try:\n    pass\nexcept OSError as v0:\n    print(v0)\nreturn 1"),
        ("class A:\n    x = 1\nx = A.x\nreturn x", "class A:\n    x = 1\nx = A.x\nreturn x"),
        ("match (1, 2):\n    case (a, *b):\n        return a",
         "match (1, 2):\n    case [v0, *v1]:\n        return v0"),
    ],
)  # fmt: skip
def test_local_names(body: str, renamed: str) -> None:
    assert ast.unparse(rename_locals(ast.parse(in_solution(body)))) == ast.unparse(ast.parse(in_solution(renamed)))


def test_renaming_keeps_what_a_program_returns() -> None:
    program = in_solution(
        "def count(n):\n    nonlocal calls\n    calls += 1\n    return n if n < 2 else count(n - 1) + count(n - 2)\n"
        "calls = 0\nreturn [count(6), calls, sorted({k: v for k, v in zip('ab', range(2))}.items())]"
    )
    renamed = LANGUAGE.canonical(program)
    assert "calls" not in renamed and "nonlocal v1" in renamed
    assert LANGUAGE.accepts(program).reason == LANGUAGE.accepts(renamed).reason != ""


@pytest.mark.parametrize(
    "name", ["statistics", "fractions", "datetime", "argparse", "dataclasses", "heapq", "calendar"]
)
def test_the_standard_library_survives(name: str) -> None:
    source = (Path(sysconfig.get_path("stdlib")) / f"{name}.py").read_text(encoding="utf-8")
    program = source + "\ndef solution():\n    return 1\n"
    tree = LANGUAGE.parse(program)
    assert LANGUAGE.parse(LANGUAGE.render(tree)) == tree
    once = LANGUAGE.canonical(program)
    assert LANGUAGE.canonical(once) == once
    compile(once, name, "exec")


@pytest.mark.parametrize(
    ("text", "position"),
    [("def solution():\n    return (\n", 27), ("x = 1\ndef solution(x): return x", 6), ("é\ndef solution(): pass", 2)],
)
def test_faults_are_placed(text: str, position: int) -> None:
    with pytest.raises(SymbolError) as caught:
        LANGUAGE.parse(text)
    assert caught.value.position == position


DEEP = [
    "-" * 5000 + "1",
    "not " * 5000 + "1",
    "1" + "+1" * 30_000,
    "x" + ".y" * 30_000,
    "f" + "()" * 9000,
    "[" * 150 + "]" * 150,
]


@pytest.mark.parametrize("deep", DEEP, ids=["minus", "not", "sum", "attributes", "calls", "lists"])
def test_deep_programs_are_errors_not_crashes(deep: str) -> None:
    program = f"def solution():\n    return {deep}"
    for call in (LANGUAGE.parse, LANGUAGE.canonical):
        try:
            call(program)
        except SymbolError as error:
            assert str(error)


def test_the_meaning_is_the_value() -> None:
    steps, short = in_solution("a = 48 / 2\nreturn a + 48"), in_solution("return 72")
    verdict = LANGUAGE.equivalent(steps, short)
    assert verdict.holds is True and verdict.reason == "both return 72"
    verdict = LANGUAGE.equivalent(steps, in_solution("return 73"))
    assert verdict.holds is False and "72" in verdict.reason and "73" in verdict.reason
    assert LANGUAGE.equivalent(steps, in_solution("return 1 / 0")).holds is None
    assert LANGUAGE.equivalent(steps, "72").holds is False


def test_score_tells_words_from_meaning() -> None:
    gold = in_solution("a = 48 / 2\nreturn a + 48")
    other = LANGUAGE.score(in_solution("return 24 + 48"), gold)
    assert other.is_equivalent is True and not other.is_exact and other.value < 0.5
    assert LANGUAGE.score(gold.replace("48 / 2", "48 / 3"), gold).is_equivalent is False
    assert LANGUAGE.score("24 + 48", gold).is_equivalent is None


def test_a_function_defined_many_times_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand definitions of one name took 20 s: each looked up the scopes of all."""
    looked_up = []
    kept = math_program_names._kept
    monkeypatch.setattr(math_program_names, "_kept", lambda scope: looked_up.append(scope) or kept(scope))
    program = in_solution("a = 1\nreturn a") * 60
    assert LANGUAGE.canonical(program) == "\n".join(["def solution():\n    v0 = 1\n    return v0\n"] * 60).rstrip("\n")
    assert len(looked_up) == 60


def test_what_is_legal_but_frowned_upon_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a warning that becomes an error would change what parses
        for body in ("return 1if 1else 2", r"return len('\d')", "return 1 is 1"):
            assert LANGUAGE.canonical(in_solution(body))
    assert capfd.readouterr() == ("", "")


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("math_program", 20_000, engine_every=5) > 1_000
