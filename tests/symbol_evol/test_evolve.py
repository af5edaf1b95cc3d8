"""Evolved records: proved by inverse and by execution, and wrong renamings are caught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest

import collection.sources
from collection.build import BuildConfig, build
from collection.check import Chunk, check_row
from collection.verify import verify
from symbol_evol.evolve import EvolveConfig, evolve
from symbol_evol.proof import prove
from symbol_evol.rename import EvolReason, Refused, Renaming, choose_renaming
from symbol_evol.styles import STYLES, fresh_names
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import Record, read_parquet

TASKS = ("scan_generated", "clevr_generated", "blocksworld_generated", "grippers_generated")


def records(task: str, count: int) -> list[Record]:
    source = collection.sources.get(task)
    chunk = Chunk(task, [], None, 0, {}, Path())
    entries: Iterator = (check_row(source, row, chunk) for row in source.read(Path()))
    return [entry.record for entry in islice(entries, count) if entry.record]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("evol")
    build(BuildConfig((*TASKS, "general"), limit=60), None, folder / "collection")
    evolve(EvolveConfig(share=0.15), folder / "collection", folder / "evolved")
    return folder / "collection", folder / "evolved"


def test_all_chosen_records_are_proved(folders: tuple[Path, Path]) -> None:
    plain, evolved = folders
    originals = {r.id: r for task in TASKS for r in read_parquet(plain / "records" / f"{task}.parquet")}
    total = 0
    for task in TASKS:
        for record in read_parquet(evolved / "records" / f"{task}.parquet"):
            total += 1
            parent = originals[record.parent]
            assert record.origin == "evolved" and record.split == parent.split and record.id != parent.id
            assert "inverse + execution" in record.proof
            assert record.completion != parent.completion and record.context != parent.context
            assert record.input == parent.input and record.answer == parent.answer
        assert (evolved / "rejects" / f"{task}.jsonl").read_bytes() == b""
    assert total >= 60
    assert verify(evolved)["records"] == total


def test_any_number_of_workers_gives_the_same_bytes(folders: tuple[Path, Path], tmp_path: Path) -> None:
    plain, _ = folders
    config = EvolveConfig(tasks=("scan_generated", "clevr_generated"), share=0.2)
    for workers in (1, 2):
        evolve(config, plain, tmp_path / str(workers), workers)
    for file in ("records/scan_generated.parquet", "records/clevr_generated.parquet", "manifest.json"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


@pytest.mark.parametrize("task", TASKS)
def test_wrong_renamings_are_caught(task: str) -> None:
    """A missed occurrence, a swapped pair, a name of another meaning: planted in every record."""
    rng = Random(1)
    planted = 0
    for record in records(task, 25):
        renaming = choose_renaming(record, "paper", 0)
        assert isinstance(renaming, Renaming)
        for wrong in wrong_symbols(renaming, record, rng):
            planted += 1
            refused = prove(record, replace(renaming, completion=wrong))
            assert isinstance(refused, Refused), wrong
    assert planted >= 25


def wrong_symbols(renaming: Renaming, record: Record, rng: Random) -> Iterator[str]:
    language = get_format(record.format)
    tree = language.parse(renaming.completion)
    used = sorted(language.names(tree))
    new = {text: old.text for old, text in renaming.mapping.items()}
    renamed = [name for name in used if name.text in new]
    missed = renamed[0]
    yield language.render(language.rename(tree, {missed: new[missed.text]}))
    others = [name for name in language.defined_names(renaming.context) if name.kind == missed.kind]
    other = rng.choice([name for name in others if name != missed])
    swapped = language.render(language.rename(tree, {missed: other.text, other: missed.text}))
    if language.parse(swapped) != tree:
        yield swapped


def test_a_definition_that_does_not_match_is_caught() -> None:
    record = records("scan_generated", 1)[0]
    renaming = choose_renaming(record, "paper", 0)
    assert isinstance(renaming, Renaming)
    refused = prove(record, replace(renaming, context=record.to_context()))
    assert isinstance(refused, Refused) and refused.reason is EvolReason.ENGINE_REJECTED


def test_records_without_definitions_are_refused_with_the_reason() -> None:
    record = replace(records("scan_generated", 1)[0], context="")
    refused = choose_renaming(record, "paper", 0)
    assert isinstance(refused, Refused) and refused.reason is EvolReason.NOTHING_DEFINED


@pytest.mark.parametrize("style", STYLES)
def test_fresh_names_are_new_and_reproducible(style: str) -> None:
    names = fresh_names(200, style, Random(3), {"abc"})
    assert names == fresh_names(200, style, Random(3), {"abc"})
    assert len({name.lower() for name in names}) == 200 and all(name.isidentifier() for name in names)
    avoided = fresh_names(50, style, Random(3), {name.lower() for name in names[:50]})
    assert not set(avoided) & set(names[:50])


def test_paper_style_is_six_letters_and_digits() -> None:
    for name in fresh_names(50, "paper", Random(0), set()):
        assert len(name) == 6 and name.isalnum() and name[0].isalpha()


def test_bad_set_up_is_explained(folders: tuple[Path, Path], tmp_path: Path) -> None:
    plain, _ = folders
    with pytest.raises(UserError, match="cannot be evolved"):
        evolve(EvolveConfig(tasks=("general",)), plain, tmp_path / "a")
    with pytest.raises(UserError, match="no finished collection"):
        evolve(EvolveConfig(), tmp_path, tmp_path / "b")
    with pytest.raises(UserError, match="itself"):
        evolve(EvolveConfig(), plain, plain)
    with pytest.raises(UserError, match="unknown style"):
        evolve(EvolveConfig(style="papers"), plain, tmp_path / "c")
