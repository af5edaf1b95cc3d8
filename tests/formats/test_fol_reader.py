"""Z3's parser, asked in this process; and the lines that are kept."""

from __future__ import annotations

import subprocess
import sys

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats import fol_reader, get
from symbol_llm.formats.fol_parser import MAX_NAMES, parse_line
from symbol_llm.formats.fol_reader import Refused, read_lines
from symbol_llm.formats.fol_smt import Assertion, assertion

FOL = get("fol")


def test_a_formula_as_z3_reads_it() -> None:
    found = assertion(parse_line("∀x (Cat(x) → ∃y Likes(y, x)) ∧ f(z) = tom").formula)
    assert found.text == (
        "(assert (forall ((u0 U)) (and (forall ((v0 U)) (=> (p1_0 v0) (exists ((v1 U)) (p2_1 v1 v0)))) "
        "(= (f1_2 u0) c0_3))))"
    )
    assert (
        found.declarations[1] == "(declare-fun p2_1 (U U) Bool)" and found.declarations[3] == "(declare-fun c0_3 () U)"
    )
    assert found.has_free


def test_what_z3_refuses_is_told_and_does_no_harm_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """No formula of ours is refused by Z3: a fault in the translation would be."""
    assert read_lines(["Cat(tom)"])
    broken = Assertion("(assert (p9_9 c9_9))", [], [], has_free=False)
    monkeypatch.setattr(fol_reader, "_kept", lambda line: broken)
    with pytest.raises(Refused, match="unknown constant c9_9"):
        read_lines(["Cat(tom)"])
    verdict = FOL.accepts("Cat(tom)")
    assert verdict.holds is False and "unknown constant" in verdict.reason and verdict.engine.startswith("Z3 ")
    monkeypatch.undo()
    assert FOL.accepts("Cat(tom)").holds is True


def test_declarations_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fol_reader, "_MOST_DECLARATIONS", 5)
    for arity in range(1, 30):
        assert FOL.accepts(f"P({', '.join('a' * arity)})").holds is True
        assert len(fol_reader._READER.declared) <= 5 + 2


def test_faults_are_found_behind_lines_that_are_known() -> None:
    known = "∀x (Cat(x) → Animal(x))\nCat(tom)\n"
    assert FOL.accepts(known + "Animal(tom)").holds is True
    with pytest.raises(SymbolError) as caught:
        FOL.parse(known + "Animal(tom")
    assert (caught.value.line, caught.value.column) == (3, 11)
    assert caught.value.text == known + "Animal(tom"


def test_names_are_counted_over_all_lines() -> None:
    line = " ∧ ".join(["P(a)"] * 50)
    most = "\n".join([line] * (MAX_NAMES // 100))
    assert FOL.accepts(most).holds is True
    with pytest.raises(SymbolError, match="at most 20,000 predicates and terms") as caught:
        FOL.parse(f"{most}\nP(a)")
    assert caught.value.position == len(most) + 1


def test_each_thread_has_a_parser_of_its_own() -> None:
    """Z3 contexts are not for several threads; a shared one crashes."""
    program = """
from concurrent.futures import ThreadPoolExecutor
from symbol_llm.formats import get
fol = get("fol")
def work(i):
    names = " ∧ ".join(f"P{i}{j}(c{j}, f(x))" for j in range(i % 40 + 1))
    return fol.accepts(f"∀x ({names})\\nQ{i}(a)").holds
with ThreadPoolExecutor(8) as pool:
    print(sum(1 for held in pool.map(work, range(3000)) if held))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "3000", done.stderr
