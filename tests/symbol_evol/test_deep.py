"""Deeper evolution: every language that takes a depth is evolved and proved, and wrong notations are refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from collection.build import BuildConfig, build
from collection.verify import verify
from eval.symbolic_scoring import score_output
from symbol_evol.deep import ARGUMENTS, DEPTHS, MACROS, NAMES, SYNTAX, Deeper, check_depths, deepen, prove_deeper
from symbol_evol.evolve import EvolveConfig, evolve, evolve_one
from symbol_evol.proof import Proof, prove
from symbol_evol.rename import Refused, Renaming, choose_renaming
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.notation import block
from symbol_llm.notation.block import undo
from symbol_llm.record import Record
from tests.symbol_evol.examples import GENERATED, generated, record_of, written

RECORDS = [*written(), *(record for task in GENERATED for record in generated(task, 6))]
DEEP = (ARGUMENTS, SYNTAX, MACROS)


def deep_records(depth: str, seed: int = 0) -> Iterator[tuple[Record, Renaming, Deeper]]:
    """The records that take a depth, with their proved renamings."""
    for record in RECORDS:
        if record.format not in (DEPTHS[depth] or ()):
            continue
        renaming = choose_renaming(record, "paper", seed)
        assert isinstance(renaming, Renaming), renaming
        deeper = deepen(record, renaming, depth, seed)
        if isinstance(deeper, Refused):
            assert deeper.reason == "no_notation", deeper
            continue
        yield record, renaming, deeper


@pytest.mark.parametrize("depth", DEEP)
def test_every_language_that_takes_a_depth_is_evolved(depth: str) -> None:
    formats = Counter(record.format for seed in range(3) for record, _, _ in deep_records(depth, seed))
    assert set(formats) == DEPTHS[depth], formats


@pytest.mark.parametrize("depth", DEEP)
def test_the_prompt_alone_takes_a_symbol_back(depth: str) -> None:
    for record, renaming, deeper in deep_records(depth):
        assert not isinstance(prove_deeper(record, renaming, deeper), Refused)
        text, definitions = undo(record.format, deeper.completion, deeper.definitions)
        assert (text, definitions) == (renaming.completion, renaming.context.definitions)
        assert deeper.completion != text


@pytest.mark.parametrize("depth", DEEP)
def test_an_evolved_record_means_the_same_to_its_engine(depth: str) -> None:
    """What the record's own prompt takes back is accepted by the real engine, in the evolved world."""
    for record in RECORDS:
        evolved = evolve_one(EvolveConfig(depths=(depth,), seed=1), record)
        assert isinstance(evolved, Record), evolved
        text, definitions = undo(evolved.format, evolved.completion, evolved.context)
        context = replace(evolved.to_context(), definitions=definitions)
        language = get_format(evolved.format)
        assert language.accepts(text, context)
        assert language.canonical(text, context) == evolved.canonical
        assert evolved.context.split("\n")[0] in evolved.prompt and (block.MARK in evolved.prompt) == (
            f", {depth}:" in (evolved.proof or "")
        )


def wrong_notations(deeper: Deeper) -> Iterator[tuple[str, Deeper]]:
    """Symbols and blocks with one thing wrong each."""
    text, definitions = deeper.completion, deeper.definitions
    head, mark, told = definitions.rpartition(block.MARK)
    for place in [m.start() for m in re.finditer(r"[()\[\]{}<>«»⟨⟩]", text)][:3]:
        yield "a bracket is missing", replace(deeper, completion=text[:place] + text[place + 1 :])
    words = list(re.finditer(r"[^\W\d]\w*", text))
    for first, second in pairwise(words):
        if first[0] != second[0]:
            swapped = f"{text[: first.start()]}{second[0]}{text[first.end() : second.start()]}{first[0]}"
            yield "two words are swapped", replace(deeper, completion=swapped + text[second.end() :])
            break
    yield "nothing was changed", replace(deeper, completion=undo_text(deeper))
    yield "the block is missing", replace(deeper, definitions=head.rstrip("\n"))
    if found := re.search(r"Order of arguments: (\S+) (.*)", told):
        order = found[2].split(" ")
        other = " ".join([*order[1:], order[0]] if len(order) > 2 else sorted(order))
        changed = told.replace(f"{found[1]} {found[2]}", f"{found[1]} {other}", 1)
        yield "another order is told", replace(deeper, definitions=head + mark + changed)
    if "Terms" in told:
        marks = re.findall(r'"([^"]*)"', told)
        changed = told.replace(f'"{marks[1]}"', '" ~ "')
        yield "another separator is told", replace(deeper, definitions=head + mark + changed)
    if " stands for " in told:
        left, _, right = told.strip("\n").partition(" stands for ")
        yield "the rule is turned round", replace(deeper, definitions=f"{head}{mark}\n{right} stands for {left}")
        name = re.search(r"[^\W\d]\w*", left)
        assert name is not None
        yield (
            "the rule has another name",
            replace(deeper, definitions=f"{head}{mark}\n{left.replace(name[0], 'zzzzz9', 1)} stands for {right}"),
        )


def undo_text(deeper: Deeper) -> str:
    for name in sorted(set.union(*(set(formats or ()) for formats in DEPTHS.values()))):
        try:
            return undo(name, deeper.completion, deeper.definitions)[0]
        except ValueError:
            continue
    raise AssertionError(deeper)


def test_wrong_notations_are_all_refused() -> None:
    planted: Counter[str] = Counter()
    missed = []
    for depth in DEEP:
        for record, renaming, deeper in deep_records(depth):
            for what, wrong in wrong_notations(deeper):
                if wrong == deeper:
                    continue
                planted[what] += 1
                if not isinstance(prove_deeper(record, renaming, wrong), Refused):
                    missed.append((record.format, what, wrong))
    assert not missed, missed[:3]
    assert planted.total() >= 200 and len(planted) == 8, planted


def test_a_rule_may_not_use_a_name_of_the_record() -> None:
    record = generated("clevr_generated", 1)[0]
    renaming = choose_renaming(record, "paper", 0)
    assert isinstance(renaming, Renaming) and isinstance(prove(record, renaming), Proof)
    language = get_format("clevr")
    used = sorted(name.text for name in language.names(language.parse(renaming.completion)))
    definitions = f"{renaming.context.definitions}\n{block.MARK}\ncube(dice(?1)) stands for {used[0]}(?1)"
    _, notation = block.read_block(definitions, "clevr")
    assert notation is not None
    try:
        deeper = Deeper(block.apply(notation, "clevr", renaming.completion), definitions)
    except ValueError:
        pytest.skip("the first name takes another number of arguments")
    refused = prove_deeper(record, renaming, deeper)
    assert isinstance(refused, Refused) and refused.reason in ("collision", "no_notation")


def test_a_problem_of_several_lines_takes_every_depth() -> None:
    """A printed problem that is wider than a line has a line for each section."""
    record = next(r for r in RECORDS if r.task == "blocksworld_generated")
    language = get_format("pddl")
    tree = language.parse(record.completion)
    text = language.render(replace(tree, init=tree.init * 12))
    assert "\n" in text
    wide = replace(record, completion=text)
    for depth in DEEP:
        renaming = choose_renaming(wide, "paper", 0)
        assert isinstance(renaming, Renaming)
        deeper = deepen(wide, renaming, depth, 3)
        assert isinstance(deeper, Deeper), deeper
        assert not isinstance(prove_deeper(wide, renaming, deeper), Refused)


def test_a_depth_that_a_symbol_does_not_take_leaves_its_names() -> None:
    record = next(r for r in RECORDS if r.format == "sql")
    evolved = evolve_one(EvolveConfig(depths=(SYNTAX,)), record)
    assert isinstance(evolved, Record) and (evolved.proof or "").startswith(f"paper, {NAMES}: ")


def test_a_symbol_that_is_the_same_in_the_other_notation_leaves_its_names() -> None:
    record = record_of("fol", "folio", "", "Tom likes himself.", "Likes(tom, tom)")
    evolved = evolve_one(EvolveConfig(depths=(ARGUMENTS,)), record)
    assert isinstance(evolved, Record) and (evolved.proof or "").startswith(f"paper, {NAMES}: ")
    assert block.MARK not in evolved.prompt


def test_unknown_depths_are_explained() -> None:
    with pytest.raises(UserError, match="unknown depth"):
        check_depths(["deeper"])
    with pytest.raises(UserError, match="no depth"):
        check_depths([])


def test_deep_records_are_scored_by_what_their_prompt_means() -> None:
    """A symbol in the language's own notation, where the prompt tells another, is none."""
    record = generated("clevr_generated", 1)[0]
    evolved = evolve_one(EvolveConfig(depths=(SYNTAX,)), record)
    assert isinstance(evolved, Record) and ", syntax:" in (evolved.proof or "")
    context, own = evolved.to_context(), undo("clevr", evolved.completion, evolved.context)[0]
    right = score_output("clevr", evolved.completion, evolved.completion, context, "")
    assert right["is_exact"] and right["is_equivalent"] and right["outcome"] == "exact"
    wrong = score_output("clevr", own, evolved.completion, context, "")
    assert not wrong["is_parsed"] and wrong["outcome"] == "unparsed"


def test_a_deep_collection_verifies(tmp_path: Path) -> None:
    build(BuildConfig(("clevr_generated", "scan_generated"), limit=30), None, tmp_path / "plain")
    evolve(EvolveConfig(share=1.0, depths=DEEP), tmp_path / "plain", tmp_path / "out")
    assert verify(tmp_path / "out")["records"] > 60
