"""Every language that defines its names is evolved and proved, in every style that it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbol_evol.proof import Proof, prove
from symbol_evol.rename import Refused, Renaming, choose_renaming, evolved_record
from symbol_evol.styles import SHUFFLED, STYLES, is_taken_by
from symbol_llm.formats import FORMATS
from symbol_llm.formats import get as get_format
from symbol_llm.record import Record
from tests.symbol_evol.examples import GENERATED, generated, written

RECORDS = [*written(), *(record for task in GENERATED for record in generated(task, 3))]
# What can be executed with nothing but the record; the others are proved by inverse and engine.
EXECUTED = {
    "scan",
    "clevr",
    "pddl",
    "sql",
    "fol",
    "logic_program",
    "sparql",
    "graph",
    "kb_sexpr",
    "nlmaps",
    "math_program",
}
ISOMORPHIC = {"top", "triples"}
EVOLVABLE = {name for name in FORMATS if get_format(name).is_evolvable}


def evolve(record: Record, style: str = "paper", **options: object) -> tuple[Renaming, Proof]:
    renaming = choose_renaming(record, style, 0, **options)
    assert isinstance(renaming, Renaming), renaming
    proof = prove(record, renaming)
    assert isinstance(proof, Proof), proof
    return renaming, proof


def test_every_evolvable_format_has_an_example() -> None:
    assert {record.format for record in RECORDS} == EVOLVABLE


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.id)
@pytest.mark.parametrize("style", [s for s in STYLES if s != SHUFFLED])
def test_every_style_is_proved(record: Record, style: str) -> None:
    if not is_taken_by(style, record.format):
        refused = choose_renaming(record, style, 0)
        assert isinstance(refused, Refused) and refused.reason == "style_not_taken"
        return
    renaming, proof = evolve(record, style)
    how = "execution" if record.format in EXECUTED else "isomorphism" if record.format in ISOMORPHIC else "engine"
    assert proof.kind == f"inverse + {how}"
    evolved = evolved_record(record, renaming, proof.verdict, str(proof), 0)
    assert evolved.completion != record.completion and evolved.parent == record.id and evolved.accepted
    for old, new in renaming.mapping.items():
        assert new in evolved.context
        assert old.text in proof.words or (old.text.lower() in proof.words) or f" {old.text} " not in evolved.prompt


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.id)
def test_exchanged_names_are_proved(record: Record) -> None:
    renaming = choose_renaming(record, SHUFFLED, 0)
    if isinstance(renaming, Refused):
        assert renaming.reason == "too_few_names"
        return
    proof = prove(record, renaming)
    assert isinstance(proof, Proof), proof
    assert {old.text for old in renaming.mapping} == set(renaming.mapping.values())
    assert all(old.text != new for old, new in renaming.mapping.items())


def test_glosses_stay_and_tell_every_new_name() -> None:
    """The mapping can be read from the prompt alone, also where the record had no definitions."""
    for record in RECORDS:
        renaming, _ = evolve(record)
        language = get_format(record.format)
        glosses = {name.text: name.gloss for name in language.defined_names(renaming.context)}
        for old, new in renaming.mapping.items():
            assert glosses[new] == old.gloss and old.gloss
            assert old.gloss in renaming.context.definitions, (record.id, old)


def test_without_a_world_nothing_is_said_to_be_executed() -> None:
    record = replace(generated("scan_generated", 1)[0], world=None)
    _, proof = evolve(record)
    assert proof.kind == "inverse + engine"


def test_held_out_records_get_other_names() -> None:
    record = generated("scan_generated", 1)[0]
    seen = {new for seed in range(60) for new in choose_renaming(record, "opaque", seed).mapping.values()}
    unseen = {new for s in range(60) for new in choose_renaming(record, "opaque", s, held_out=True).mapping.values()}
    assert seen and unseen and not seen & unseen
