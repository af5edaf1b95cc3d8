"""Logic-LM's programs: both notations, clingo against a direct computation, definitions, ProntoQA's labels."""

from __future__ import annotations

import json
import os
import re
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context, Name, get
from symbol_llm.formats.logic_program import LogicProgram
from symbol_llm.formats.logic_program_parser import _declaration, _Line, _rule, _statement
from symbol_llm.formats.logic_program_plain import plain_declaration, plain_rule, plain_statement
from symbol_llm.formats.logic_program_tree import (
    Comparison,
    Constraint,
    Declaration,
    Literal,
    Option,
    Problem,
    Program,
    Rule,
    Statement,
    Term,
)
from tests.formats.mutated_symbols import check_only_symbol_errors

LOGIC = get("logic_program")
RAW = os.environ.get("SYMBOL_LLM_RAW")
BASE = "Predicates:\nCold($x, bool)\nFacts:\n{}\nRules:\n{}\nQuery:\nKind(Bob, True)"
BIRDS = "Domain:\nVariables:\nowl [IN] [1, 2, 3]\ncrow [IN] [1, 2, 3]\nConstraints:\n{}\nQuery:\nA) owl == 1"

_terms = st.sampled_from(["Bob", "Cat", "$x", "$y"])
_literals = st.builds(Literal, st.sampled_from(["Cold", "Kind"]), st.tuples(_terms), st.booleans()) | st.builds(
    Literal, st.just("Likes"), st.tuples(_terms, _terms), st.just(True)
)


def _is_ground(literal: Literal) -> bool:
    return not any(a.startswith("$") for a in literal.arguments)


def _is_safe(rule: Rule) -> bool:
    bound = {a for literal in rule.body for a in literal.arguments}
    return all(a in bound for literal in rule.head for a in literal.arguments if a.startswith("$"))


_ground = _literals.filter(_is_ground)
_bodies = st.lists(_literals, min_size=1, max_size=3).map(tuple)
_rules = st.builds(Rule, _bodies, st.tuples(_literals), st.just("")).filter(_is_safe)
programs = st.builds(
    Program,
    st.just((Declaration("Cold", ("$x",), "Is x cold?"),)),
    st.lists(_ground.map(Statement), max_size=4).map(tuple),
    st.lists(_rules, max_size=4).map(tuple),
    _ground.map(Statement),
)


def _derived(program: Program) -> set[Literal]:
    """The least model by trying all substitutions again and again."""
    known = {fact.literal for fact in program.facts}
    while True:
        new = set(known)
        for rule in program.rules:
            for x, y in product(("Bob", "Cat"), repeat=2):
                value = {"$x": x, "$y": y}
                body, head = (
                    {Literal(p.predicate, tuple(value.get(a, a) for a in p.arguments), p.value) for p in side}
                    for side in (rule.body, rule.head)
                )
                if body <= known:
                    new |= head
        if new == known:
            return known
        known = new


@settings(max_examples=150, deadline=None)
@given(programs, programs, st.randoms(use_true_random=False))
def test_programs(program: Program, other: Program, rng: Random) -> None:
    text = LOGIC.render(program)
    assert LOGIC.parse(text) == program
    derived = _derived(program)
    asked = program.query.literal
    truth = {
        (True, False): "True",
        (False, True): "False",
        (True, True): "Inconsistent",
        (False, False): "Unknown",
    }[asked in derived, Literal(asked.predicate, asked.arguments, not asked.value) in derived]
    verdict = LOGIC.accepts(text)
    assert verdict.holds is True and verdict.reason.startswith(f"{len(derived)} facts, the query is {truth}")
    canonical = LOGIC.canonical(text)
    assert LOGIC.canonical(canonical) == canonical and _derived(LOGIC.parse(canonical)) == derived
    rules = [Rule(tuple(rng.sample(rule.body, len(rule.body))), rule.head, "said otherwise") for rule in program.rules]
    swapped = Program(program.declarations, program.facts, tuple(rng.sample(rules, len(rules))), program.query)
    assert LOGIC.canonical(LOGIC.render(swapped).replace("$x", "$q")) == canonical
    same = program.query.literal == other.query.literal and derived == _derived(other)
    assert LOGIC.equivalent(text, LOGIC.render(other)).holds is same


_sides = st.builds(Term, st.sampled_from(["owl", "crow"]), st.integers(-1, 1)) | st.builds(
    Term, st.just(""), st.integers(1, 3)
)
_comparisons = st.builds(Comparison, _sides, st.sampled_from(["==", "!=", "<", ">", "<=", ">="]), _sides)
_choices = st.lists(_comparisons, min_size=1, max_size=2).map(tuple)
_constraints = st.builds(Constraint, _choices, st.just(()), st.just("")) | st.just(Constraint((), ("owl", "crow")))
problems = st.builds(
    Problem,
    st.just(((1, "first"),)),
    st.just((("owl", (1, 2, 3)), ("crow", (1, 2, 3)))),
    st.lists(_constraints, max_size=3).map(tuple),
    _comparisons.map(lambda comparison: (Option("A", comparison),)),
)
_TESTS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _holds(comparison: Comparison, values: dict[str, int]) -> bool:
    left, right = (values.get(t.variable, 0) + t.number for t in (comparison.left, comparison.right))
    return _TESTS[comparison.operator](left, right)


def _solutions(problem: Problem) -> dict[tuple[int, ...], bool]:
    """The assignments that satisfy the problem, each with the truth of option A."""
    found: dict[tuple[int, ...], bool] = {}
    for pair in product((1, 2, 3), repeat=2):
        values = dict(zip(("owl", "crow"), pair))
        if all(
            pair[0] != pair[1] if c.different else any(_holds(choice, values) for choice in c.choices)
            for c in problem.constraints
        ):
            found[pair] = _holds(problem.options[0].comparison, values)
    return found


@settings(max_examples=150, deadline=None)
@given(problems, problems)
def test_problems(first: Problem, second: Problem) -> None:
    texts = LOGIC.render(first), LOGIC.render(second)
    assert LOGIC.parse(texts[0]) == first
    solutions = _solutions(first)
    verdict = LOGIC.accepts(texts[0])
    assert verdict.holds is bool(solutions)
    if solutions:
        assert verdict.reason.endswith(": A") is all(solutions.values())
    canonical = LOGIC.canonical(texts[0])
    assert LOGIC.canonical(canonical) == canonical and _solutions(LOGIC.parse(canonical)) == solutions
    assert LOGIC.equivalent(*texts).holds is (solutions == _solutions(second))


@pytest.mark.parametrize(
    ("text", "expected", "at"),
    [
        (BASE.format("Cold($x, True)", ""), "a constant", "$x, True"),
        (BASE.format("Cold(Bob, true)", ""), "','", ")"),
        (BASE.format("Cold(bald eagle, True)", ""), "','", "eagle"),
        (BASE.format("", "!Cold($x, True) >>> Kind($x, True)"), "a predicate", "!Cold"),
        (BASE.format("Cold(Bob, True) >>> Kind(Bob, True)", ""), "end of the line", ">>>"),
        (BIRDS.format("owl = crow"), "'=='", "= crow"),
        (BIRDS.format("owl == hawk"), "a variable of the problem", "hawk"),
        (BIRDS.format("AllDifferentConstraint([owl, hawk])"), "variables of the problem", "[owl"),
    ],
)
def test_position_of_a_fault(text: str, expected: str, at: str) -> None:
    with pytest.raises(SymbolError) as caught:
        LOGIC.parse(text)
    assert expected in caught.value.expected
    assert text[caught.value.position :].startswith(at)


def test_false_is_said_never_assumed() -> None:
    text = BASE.format("Cold(Cat, True)", "Cold($x, False) >>> Kind($x, True)")
    assert "query is Unknown" in LOGIC.accepts(text).reason
    assert "query is True" in LOGIC.accepts(text.replace("(Cat, True)", "(Bob, False)")).reason
    both = BASE.format("Kind(Bob, True)\nKind(Bob, False)", "")
    assert "query is Inconsistent" in LOGIC.accepts(both).reason


def test_value_of_a_query() -> None:
    assert isinstance(LOGIC, LogicProgram)
    rule = "Cold($x, True) >>> Kind($x, False)"
    found = [LOGIC.query_value(BASE.format(fact, rule)) for fact in ("Kind(Bob, True)", "Cold(Bob, True)", "")]
    assert found == ["True", "False", "Unknown"]
    assert LOGIC.query_value(BASE.format("Kind(Bob, True)\nCold(Bob, True)", rule)) == "Inconsistent"
    assert LOGIC.query_value(BASE.format("", "Cold(Bob, True) >>> Kind($x, True)")) is None
    with pytest.raises(SymbolError, match="options, not a query"):
        LOGIC.query_value("Domain:\n1: first\nVariables:\na [IN] [1]\nConstraints:\nQuery:\nA) a == 1")


def test_undeclared_predicate_is_told_and_wrong_arity_refused() -> None:
    assert "not declared: Kind" in LOGIC.accepts(BASE.format("Cold(Bob, True)", "")).reason
    verdict = LOGIC.accepts(BASE.format("Cold(Bob, Cat, True)", ""))
    assert verdict.holds is False and "1 are declared" in verdict.reason


def test_unsafe_rule_is_refused_by_clingo() -> None:
    verdict = LOGIC.accepts(BASE.format("", "Cold(Bob, True) >>> Kind($x, True)"))
    assert verdict.holds is False and "unsafe" in verdict.reason and "clingo" in verdict.engine


def test_witness_of_problems() -> None:
    verdict = LOGIC.equivalent(BIRDS.format("owl < crow"), BIRDS.format("owl <= crow"))
    assert verdict.holds is False and "owl = " in verdict.reason and "second" in verdict.reason
    clear = LOGIC.equivalent(BIRDS.format("owl == 1\ncrow > owl"), BIRDS.format("owl == 1\ncrow != 1"))
    assert clear.holds is True and "assignments" in clear.reason


def test_proof_by_consequences() -> None:
    a = BASE.format("Cold(Bob, True)", "Cold($x, True) >>> Kind($x, True)")
    b = BASE.format("Cold(Bob, True)\nKind(Bob, True)", "")
    verdict = LOGIC.equivalent(a, b)
    assert verdict.holds is True and "2 derived facts" in verdict.reason
    assert LOGIC.equivalent(a, BASE.format("Cold(Bob, True)", "")).reason.endswith("Kind(Bob, True)")


def test_a_program_that_explodes_is_unknown() -> None:
    names = [f"N{i}" for i in range(40)]
    facts = "\n".join(f"Cold({name}, True)" for name in names)
    body = " && ".join(f"Cold(${name}, True)" for name in "abcdefg")
    text = BASE.format(facts, f"{body} >>> Big($a, $b, $c, $d, $e, $f, $g, True)")
    verdict = LOGIC.accepts(text)
    assert verdict.holds is None and verdict.reason
    assert LOGIC.accepts(BASE.format("Cold(Bob, True)", "")).holds is True


def test_names_and_definitions() -> None:
    where = Context("Cold($x, bool) ::: Is x cold?\nThe people:\nBob ::: Bob\nnot a line: Bob\n")
    assert [(n.kind, n.text, n.gloss) for n in LOGIC.defined_names(where)] == [
        ("predicate", "Cold", "Is x cold?"),
        ("constant", "Bob", "Bob"),
    ]
    mapping = {Name("predicate", "Cold"): "Bob", Name("constant", "Bob"): "q7"}
    assert LOGIC.rename_context(where, mapping).definitions == (
        "Bob($x, bool) ::: Is x cold?\nThe people:\nq7 ::: Bob\nnot a line: Bob\n"
    )
    tree = LOGIC.parse("Predicates:\nCold($x, bool)\nFacts:\nRules:\nQuery:\nCold(Bob, True) ::: Bob is cold.")
    assert str(LOGIC.rename(tree, mapping)).endswith("Bob(q7, True) ::: Bob is cold.")
    with pytest.raises(SymbolError, match="defined twice"):
        LOGIC.defined_names(Context("Bob ::: a\nBob ::: b"))
    assert LOGIC.accepts(BASE.format("", ""), Context("Bob ::: a\nBob ::: b")).holds is None
    assert "not defined" in LOGIC.accepts(BASE.format("", ""), where).reason


@pytest.mark.parametrize("new", ["Cat", "True", "a b", "$x", ""])
def test_bad_new_names(new: str) -> None:
    tree = LOGIC.parse(BASE.format("Cold(Cat, True)", ""))
    with pytest.raises(ValueError):
        LOGIC.rename(tree, {Name("constant", "Bob"): new})


def test_score_is_exact_match_of_lines() -> None:
    text = BASE.format("Cold(Bob, True)", "")
    assert LOGIC.score(text.replace("\n", "\n\n  "), text).value == 1.0
    other = LOGIC.score(text.replace("Facts:\n", "Facts:\nCold(Bob, True)\n"), text)
    assert other.value == 0.0 and other.is_equivalent is True
    assert LOGIC.score("Query:", text).is_equivalent is False


@pytest.mark.full
def test_fuzz() -> None:
    assert check_only_symbol_errors("logic_program", 25_000) > 1_000


_SENTENCE = re.compile(
    r"(?:(?P<every>Every|Each) (?P<one>\w+) is|(?P<many>\w+) are|(?P<who>[A-Z]\w+) is)"
    r" (?P<not>not )?(?:an? )?(?P<what>\w+)\."
)


def _singular(word: str) -> str:
    return re.sub(r"(?<=us)es$", "", word.lower())


def _program_of(context: str, statement: str) -> str:
    """ProntoQA's closed English, sentence by sentence."""
    facts, rules = [], []
    for sentence in [*re.findall(r"[^.]+\.", context), statement]:
        found = _SENTENCE.fullmatch(sentence.strip())
        assert found, sentence
        value = not found["not"]
        what = f"p_{_singular(found['what'])}"
        if found["who"]:
            facts.append(str(Literal(what, (found["who"],), value)))
        else:
            body = f"p_{_singular(found['one'] or found['many'])}"
            rules.append(f"{body}($x, True) >>> {what}($x, {value})")
    query = facts.pop()
    return "\n".join(["Predicates:", "Facts:", *facts, "Rules:", *rules, "Query:", query])


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_theories_give_their_labels() -> None:
    assert RAW
    rows = json.loads((Path(RAW) / "logic_llm" / "data" / "ProntoQA" / "dev.json").read_text(encoding="utf-8"))
    for row in rows:
        text = _program_of(row["context"], row["question"].split("? ")[1])
        tree = LOGIC.parse(text)
        assert LOGIC.parse(LOGIC.render(tree)) == tree
        verdict = LOGIC.accepts(text)
        assert verdict.holds is True
        assert f"the query is {'True' if row['answer'] == 'A' else 'False'}" in verdict.reason, (row["id"], verdict)
    assert rows


def test_statements_that_are_read_at_once_are_read_alike_token_by_token() -> None:
    """Each plain reading, on changed lines, against the reader of tokens; what it does not take it leaves."""
    readers = (
        (plain_declaration, _declaration),
        (plain_statement, _statement),
        (plain_rule, _rule),
    )
    lines = [
        "Likes($x, Cat, bool) ::: Does x like it?",
        "Cold(Bob, True)",
        "Cold($x, True) && Big($x, False) >>> Sad($x, True)",
    ]
    pieces = [", ", " && ", " >>> ", "(", ")", "$", " ", "True", "bool", "or", " ::: ", "\t", "é", "a", "_", "1"]
    rng, num_plain = Random(0), 0
    for _ in range(20_000):
        text = rng.choice(lines)
        for _ in range(rng.randint(0, 2)):
            place = rng.randrange(len(text))
            text = text[:place] + rng.choice(pieces) + text[place + rng.choice([0, 0, 1, 4]) :]
        text = text.strip(" \t\r")
        for plain, by_tokens in readers:
            found = plain(text)
            if found is not None:
                assert by_tokens(_Line(text, 0, text)) == found, text
                num_plain += 1
    assert num_plain > 2_000
