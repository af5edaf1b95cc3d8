r"""SMILES: positions, RDKit's word, molecules against strings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats import get
from symbol_llm.formats.smiles import MAX_LENGTH, _plain_tokens, _Reader, similarity
from tests.formats.bad_input import check_bad_input
from tests.formats.mutated_symbols import mutated

SMILES = get("smiles")
RAW = os.environ.get("SYMBOL_LLM_RAW")


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "an atom"),
        ("C1CC", 1, "ring closure"),
        ("CC(C(C)", 2, "closes this branch"),
        ("CC)C", 2, "without its"),
        ("C C", 1, "white space"),
        ("CC\n", 2, "white space"),
        ("C[Qq]C", 2, "element"),
        ("C[C@@@H]", 1, "bracket atom"),
        ("C[CH3", 1, "']'"),
        ("C=1CC#1", 6, "'='"),
        ("C%1", 1, "two digits"),
        ("CX", 1, "an atom or a bond"),
        ("C=", 2, "after the bond"),
        ("C.", 2, "after the '.'"),
    ],
)
def test_position_of_a_fault(text: str, position: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        SMILES.parse(text)
    assert caught.value.position == position and expected in caught.value.expected


def test_tree_is_the_tokens() -> None:
    assert SMILES.parse("C[C@H]%12(=O).Cl%12") == (
        ("atom", "C"),
        ("atom", "[C@H]"),
        ("ring", "%12"),
        ("open", "("),
        ("bond", "="),
        ("atom", "O"),
        ("close", ")"),
        ("dot", "."),
        ("atom", "Cl"),
        ("ring", "%12"),
    )


def test_ring_ends_may_carry_different_directions() -> None:
    assert SMILES.parses(r"C/1CCCCCCC\1")
    assert SMILES.parses("C=1CC1") and SMILES.parses("C1CC=1")


def test_empty_string_is_refused_although_rdkit_takes_it() -> None:
    assert SMILES.accepts("").holds is False
    assert SMILES.accepts(" CCO").holds is False


def test_rdkit_says_why_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    verdict = SMILES.accepts("N(C)(C)(C)(C)C")
    assert verdict.holds is False and "valence" in verdict.reason
    with pytest.raises(SymbolError, match="kekulize"):
        SMILES.canonical("c1cccc1")
    out, err = capfd.readouterr()
    assert not out and not err


def test_length_is_limited() -> None:
    with pytest.raises(SymbolError, match="at most"):
        SMILES.parse("C" * (MAX_LENGTH + 1))
    assert SMILES.accepts("C(" * 1_000 + "C" + ")" * 1_000).holds is True


def test_score_is_exact_match_and_tells_the_same_molecule() -> None:
    other = SMILES.score("OCC", "CCO")
    assert other.value == 0.0 and not other.is_exact and other.is_equivalent is True
    assert SMILES.score(" CCO\n", "CCO").value == 1.0
    assert SMILES.score("CCN", "CCO").is_equivalent is False
    broken = SMILES.score("c1cccc1", "CCO")
    assert broken.is_parsed and broken.is_equivalent is False
    assert SMILES.score("CCO", "c1cccc1").is_equivalent is None


def test_difference_names_both_forms() -> None:
    verdict = SMILES.equivalent("OCC", "NCC")
    assert verdict.holds is False and "CCO" in verdict.reason and "CCN" in verdict.reason


def test_similarity() -> None:
    assert similarity("CCO", "OCC") == 1.0
    near, far = similarity("CCO", "CCCO"), similarity("CCO", "c1ccccc1Br")
    assert near is not None and far is not None and 0.0 <= far < near < 1.0
    assert similarity("CCO", "C1CC") is None and similarity("", "CCO") is None


def test_bonds_to_a_metal_are_written_in_opensmiles() -> None:
    """RDKit would write ``[NH3]->[Pt]``, which is its own notation and did not parse again."""
    text = "[NH3][Pt]([NH3])(Cl)Cl"
    once = SMILES.canonical(text)
    assert "->" not in once and "<-" not in once and SMILES.canonical(once) == once
    assert SMILES.equivalent(text, once).holds is True


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("smiles", 20_000) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_molecules() -> None:
    assert RAW
    folder = Path(RAW) / "chebi20" / "ChEBI-20_data"
    count = 0
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").split("\n")[1:]:
            if not line:
                continue
            text = line.split("\t")[1].replace("\\\\", "\\")
            tree = SMILES.parse(text)
            assert SMILES.parse(SMILES.render(tree)) == tree
            assert SMILES.accepts(text).holds is True
            canonical = SMILES.canonical(text)
            assert SMILES.canonical(canonical) == canonical
            count += 1
    assert count > 0


def test_what_is_read_at_once_is_read_alike_token_by_token() -> None:
    num_plain = 0
    for text in mutated("smiles", 20_000, seed=3):
        tokens = _plain_tokens(text)
        if tokens is not None:
            assert [token for _, token in _Reader(text).read()] == tokens, text
            num_plain += 1
    assert num_plain > 1_000
    for text in ("C1CC1C1CC1", "C12CC1C2", "c1ccccc1-c1ccccc1", "[13CH4].[Na+]", "C(C(C)C)(C)C"):
        assert _plain_tokens(text), text
    for text in ("C1CC", "C)C(", "(C)", "C(=)", "C=", "C..C", "[Xx]", "C(1)C1", "C=1CC1", "C%12CC%12", ""):
        assert _plain_tokens(text) is None, text
