"""SELFIES: symbols with positions, molecules by selfies and RDKit, canonical form."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import get
from symbol_llm.formats.selfies import MAX_SYMBOLS, Selfies, from_smiles
from tests.formats.mutated_symbols import check_only_symbol_errors

SELFIES = Selfies()
SMILES = get("smiles")
RAW = os.environ.get("SYMBOL_LLM_RAW")
SYMBOLS = [
    "[C]",
    "[=C]",
    "[#N]",
    "[O]",
    "[=O]",
    "[N+1]",
    "[Branch1]",
    "[=Branch1]",
    "[Ring1]",
    "[=Ring1]",
    "[F]",
    "[S]",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=20))
def test_every_sequence_of_symbols_is_a_molecule(symbols: list[str]) -> None:
    text = "".join(symbols)
    assert SELFIES.parse(text) == tuple(symbols) and SELFIES.render(SELFIES.parse(text)) == text
    verdict = SELFIES.accepts(text)
    if verdict.holds:
        canonical = SELFIES.canonical(text)
        assert SELFIES.canonical(canonical) == canonical
        assert SELFIES.equivalent(text, canonical).holds is True
    else:  # only where nothing is left, or RDKit is stricter than the rules of selfies
        assert "no atom" in verdict.reason or "RDKit" in verdict.reason


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "symbol"),
        ("[C]C", 3, "symbol"),
        ("[C][Xy]", 3, "a symbol of SELFIES"),
        ("[C][=Branch9]", 3, "a symbol of SELFIES"),
        ("[C][C", 3, "']'"),
        ("[C]..[C]", 4, "before the '.'"),
        ("[C].", 4, "after the '.'"),
        ("[C" + "x" * 90 + "]", 0, "a symbol of SELFIES"),
    ],
)
def test_position_of_a_fault(text: str, position: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        SELFIES.parse(text)
    assert caught.value.position == position and expected in caught.value.expected


def test_symbols_are_those_of_the_package() -> None:
    """What the package's own grammar processes, our reader takes, and nothing else."""
    from selfies.grammar_rules import process_atom_symbol, process_branch_symbol, process_ring_symbol

    rng = Random(0)
    parts = [
        "",
        "=",
        "#",
        "/",
        "\\",
        "-",
        "-/",
        "\\-",
        "13",
        "C",
        "Cl",
        "Xx",
        "N",
        "@",
        "@@",
        "H1",
        "H",
        "+1",
        "-2",
        "+0",
    ]
    for _ in range(3_000):
        ending = rng.choice(["", "", "Branch1", "Branch4", "Ring2", "Ring0"])
        symbol = "[" + "".join(rng.choice(parts) for _ in range(rng.randint(1, 5))) + ending + "]"
        if any(p in symbol for p in ("nop", "eps")):
            continue
        processed = process_branch_symbol(symbol) or process_ring_symbol(symbol) or process_atom_symbol(symbol)
        if processed is not None:
            assert SELFIES.parses(symbol), symbol
        elif SELFIES.parses(symbol):
            assert "H" in symbol, symbol  # more hydrogens than the atom carries: the engine says so


def test_engine_gives_the_reason() -> None:
    assert "no atom" in SELFIES.accepts("[epsilon]").reason
    assert SELFIES.accepts("[CH9]").holds is False
    assert SELFIES.accepts("[C][C][O]").reason == "decoded: CCO"


def test_valence_cuts_off_what_does_not_fit() -> None:
    assert SELFIES.to_smiles("[F][C][F][C]") == "FCF"


def test_perchlorate_cannot_be_said() -> None:
    with pytest.raises(SymbolError, match=r"[Cc]onstraint"):
        from_smiles("O=Cl(=O)(=O)[O-]")
    with pytest.raises(SymbolError):
        from_smiles("C(")
    assert from_smiles("CC(=O)O") == "[C][C][=Branch1][C][=O][O]"


def test_deep_branches_do_not_crash() -> None:
    deep = "[C]" + "[C][Branch3][#P][#P][#P]" * 700
    with pytest.raises(SymbolError, match="at most"):
        SELFIES.parse(deep)
    verdict = SELFIES.accepts("[C]" + "[C][Branch1][P]" * 900)
    assert verdict.holds is not None and verdict.reason
    with pytest.raises(SymbolError, match=f"at most {MAX_SYMBOLS}"):
        SELFIES.parse("[C]" * (MAX_SYMBOLS + 1))


def test_score() -> None:
    other = SELFIES.score("[O][C][C]", "[C][C][O]")
    assert other.value == 0.0 and not other.is_exact and other.is_equivalent is True
    assert SELFIES.score(" [C][C][O]\n", "[C][C][O]").value == 1.0
    assert SELFIES.score("[epsilon]", "[C]").is_equivalent is False
    assert SELFIES.score("[C]", "[epsilon]").is_equivalent is None


@pytest.mark.full
def test_fuzz() -> None:
    assert check_only_symbol_errors("selfies", 25_000) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_molecules() -> None:
    assert RAW
    count = num_unsayable = 0
    for path in sorted((Path(RAW) / "chebi20" / "ChEBI-20_data").glob("*.txt")):
        for line in path.read_text(encoding="utf-8").split("\n")[1:]:
            if not line:
                continue
            smiles = line.split("\t")[1].replace("\\\\", "\\")
            count += 1
            try:
                text = from_smiles(smiles)
            except SymbolError as error:  # more bonds than SELFIES allows, or unusual stereo
                assert error.expected == "a molecule that SELFIES can say" and error.message
                num_unsayable += 1
                continue
            tree = SELFIES.parse(text)
            assert SELFIES.render(tree) == text and SELFIES.accepts(text).holds is True
            assert SELFIES.to_smiles(text) == SMILES.canonical(smiles)
            canonical = SELFIES.canonical(text)
            assert SELFIES.canonical(canonical) == canonical
    assert count > 0 and num_unsayable <= 0.01 * count
