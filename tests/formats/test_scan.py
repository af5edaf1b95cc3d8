"""SCAN: the grammar against the published counts and examples, and renaming."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.scan_grammar import ACTIONS, all_commands, interpret
from tests.formats.bad_input import check_bad_input

RAW = os.environ.get("SYMBOL_LLM_RAW")
COMMANDS = list(all_commands())
TOKENS = list(ACTIONS.values())
DEFINITIONS = "\n".join(f"{token}: {meaning}" for meaning, token in ACTIONS.items())
scan = get("scan")


def actions_of(names: dict[str, str]) -> dict[Name, str]:
    return {Name("action", old): new for old, new in names.items()}


@pytest.mark.parametrize(
    ("command", "actions"),
    [
        ("jump", "J"),
        ("turn left", "L"),
        ("walk right", "R W"),
        ("turn opposite right", "R R"),
        ("run opposite left", "L L N"),
        ("turn around left", "L L L L"),
        ("look around right", "R K R K R K R K"),
        ("turn left twice", "L L"),
        ("jump right thrice", "R J R J R J"),
        ("walk and jump twice", "W J J"),
        ("walk twice after jump right", "R J W W"),
        ("turn opposite left thrice and turn around right", "L L L L L L R R R R"),
    ],
)
def test_denotations(command: str, actions: str) -> None:
    letters = {"turn right": "R", "turn left": "L", "walk": "W", "run": "N", "look": "K", "jump": "J"}
    assert " ".join(interpret(command, letters)) == actions


def test_the_language_has_its_published_size() -> None:
    assert len(COMMANDS) == len(set(COMMANDS)) == 20_910
    lengths = [len(interpret(command)) for command in COMMANDS]
    assert (min(lengths), max(lengths)) == (1, 48)
    # "Generalization without Systematicity", experiment 2: commands of up to 22 actions, and of 24 to 48.
    assert sum(length <= 22 for length in lengths) == 16_990
    assert sum(length >= 24 for length in lengths) == 3_920


@pytest.mark.parametrize(
    ("command", "column", "expected"),
    [
        ("", 1, "turn"),
        ("fly", 1, "jump"),
        ("turn", 5, "left"),
        ("walk around", 12, "left or right"),
        ("walk twice twice", 12, "'and', 'after'"),
        ("walk thrice jump", 13, "'and', 'after'"),
        ("walk and", 9, "turn"),
        ("walk and jump and run", 15, "the end"),
        ("Walk", 1, "walk"),
        ("walk\tleft", 1, "walk"),
        ("turn left opposite", 11, "'and', 'after'"),
    ],
)
def test_what_is_no_command_is_refused_with_its_place(command: str, column: int, expected: str) -> None:
    with pytest.raises(SymbolError) as caught:
        interpret(command)
    assert caught.value.column == column
    assert expected in caught.value.expected


def test_a_command_needs_only_the_actions_that_it_uses() -> None:
    assert interpret("walk twice", {"walk": "w"}) == ["w", "w"]
    with pytest.raises(SymbolError, match="an action that is defined") as caught:
        interpret("walk and run left", {"walk": "w", "run": "r"})
    assert caught.value.column == 14


def test_a_known_command_is_interpreted() -> None:
    context = Context(DEFINITIONS, {"command": "walk right after jump"})
    assert scan.accepts("I_JUMP I_TURN_RIGHT I_WALK", context).holds is True
    wrong = scan.accepts("I_TURN_RIGHT I_WALK I_JUMP", context)
    assert wrong.holds is False and "action 1 is I_TURN_RIGHT, not I_JUMP" in wrong.reason
    short = scan.accepts("I_JUMP", context)
    assert short.holds is False and "1 actions, not 3" in short.reason
    none = scan.accepts("I_JUMP", Context("", {"command": "jump backwards"}))
    assert none.holds is False and "column 6" in none.reason


def test_definitions_close_the_set_of_actions() -> None:
    two = Context("hop: jump\ngo: walk", {"command": "jump and walk"})
    assert scan.accepts("hop go", two).holds is True
    assert scan.accepts("I_JUMP go", two).holds is False
    assert scan.accepts("hop", Context("hop: jump\nhop: walk")).holds is None
    assert scan.accepts("I_JUMP", Context("Only words.")).holds is True, "nothing is defined: the standard tokens"


def test_scores() -> None:
    assert scan.score("I_JUMP\n", "I_JUMP").value == 1.0
    wrong = scan.score("I_WALK", "I_JUMP")
    assert (wrong.value, wrong.is_parsed, wrong.is_equivalent) == (0.0, True, False)
    broken = scan.score("I_WALK,", "I_JUMP")
    assert (broken.value, broken.is_parsed, broken.is_equivalent) == (0.0, False, False)


@settings(deadline=None)
@given(st.sampled_from(COMMANDS), st.permutations(TOKENS))
def test_swapped_names_are_renamed_at_once(command: str, swapped: list[str]) -> None:
    """I_JUMP for I_WALK and I_WALK for I_JUMP: one after the other would make them the same."""
    mapping = actions_of(dict(zip(TOKENS, swapped)))
    inverse = actions_of(dict(zip(swapped, TOKENS)))
    gold = " ".join(interpret(command))
    context = Context(DEFINITIONS + "\nI_JUMP is not defined here.", {"command": command})
    tree, moved = scan.rename(scan.parse(gold), mapping), scan.rename_context(context, mapping)
    assert scan.accepts(scan.render(tree), moved).holds is True
    assert [(n.gloss) for n in scan.defined_names(moved)] == list(ACTIONS), "the glosses stay where they are"
    assert scan.render(scan.rename(tree, inverse)) == gold
    assert scan.rename_context(moved, inverse) == context
    if swapped != TOKENS and tree != scan.parse(gold):
        assert scan.accepts(gold, moved).holds is False


fresh_names = st.lists(st.from_regex(r"\A[A-Za-z][A-Za-z0-9_]{0,6}\Z"), min_size=6, max_size=6, unique=True)


@settings(deadline=None)
@given(st.sampled_from(COMMANDS), fresh_names)
def test_fresh_names(command: str, names: list[str]) -> None:
    mapping = actions_of(dict(zip(TOKENS, names)))
    context = Context(DEFINITIONS, {"command": command})
    gold = scan.parse(" ".join(interpret(command)))
    moved = scan.rename(gold, mapping)
    assert scan.accepts(scan.render(moved), scan.rename_context(context, mapping)).holds is True
    assert scan.rename(moved, actions_of(dict(zip(names, TOKENS)))) == gold


def test_names_of_another_kind_do_not_count_and_mergers_are_refused() -> None:
    tree = scan.parse("I_JUMP I_WALK")
    assert scan.rename(tree, {Name("operation", "I_JUMP"): "x"}) == tree
    with pytest.raises(ValueError, match="would both be called I_WALK"):
        scan.rename(tree, actions_of({"I_JUMP": "I_WALK"}))
    with pytest.raises(ValueError, match="would both be called I_WALK"):
        scan.rename_context(Context(DEFINITIONS), actions_of({"I_JUMP": "I_WALK"}))


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("scan", 20_000) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_line_is_what_the_grammar_says() -> None:
    assert RAW
    known, num_lines = set(COMMANDS), 0
    for path in sorted(Path(RAW, "scan").rglob("tasks*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            command, _, actions = line.removeprefix("IN: ").partition(" OUT: ")
            assert " ".join(interpret(command)) == actions, line
            assert command in known
            num_lines += 1
    assert num_lines > 1_000
