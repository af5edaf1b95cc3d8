"""Test sets: what is held out is never trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from collection.build import BuildConfig, build
from collection.verify import verify
from symbol_evol.evolve import EvolveConfig
from symbol_evol.test_sets import HELD_OUT_STYLE, HELD_OUT_TASK, SEEN_NAMES, SEEN_STYLE, evolve_with_test_sets
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import Record, read_parquet

SCAN, CLEVR = "scan_generated", "clevr_generated"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("sets")
    build(BuildConfig((SCAN, CLEVR), limit=60), None, folder / "collection")
    config = EvolveConfig((SCAN, CLEVR), 0.3, ("short", "nonsense"), ("opaque",))
    evolve_with_test_sets(config, folder / "collection", folder / "out", [CLEVR], 20)
    return folder / "collection", folder / "out"


def records(out: Path, name: str) -> list[Record]:
    return [record for path in sorted((out / name / "records").glob("*.parquet")) for record in read_parquet(path)]


def fresh(found: list[Record], originals: set[str]) -> set[str]:
    """The names that symbols of records have and no plain symbol has."""
    names = set()
    for record in found:
        language = get_format(record.format)
        names |= {name.text for name in language.names(language.parse(record.completion))}
    return names - originals


def test_every_set_has_what_its_name_says(folders: tuple[Path, Path]) -> None:
    _, out = folders
    train = records(out, "")
    assert {r.task for r in train} == {SCAN} and {r.split for r in train} == {"train", "validation"}
    for name, task, styles in (
        (SEEN_NAMES, SCAN, {"short", "nonsense"}),
        (SEEN_STYLE, SCAN, {"short", "nonsense"}),
        (HELD_OUT_STYLE, SCAN, {"opaque"}),
        (HELD_OUT_TASK, CLEVR, {"short", "nonsense"}),
    ):
        found = records(out, name)
        assert len(found) == 20 and {r.task for r in found} == {task} and {r.split for r in found} == {"test"}
        assert {(r.proof or "").split(",")[0] for r in found} == styles
        assert verify(out / name)["records"] == 20
    assert verify(out)["records"] == len(train)


def test_no_new_name_is_a_name_of_training(folders: tuple[Path, Path]) -> None:
    plain, out = folders
    originals: set[str] = set()
    for record in records(plain, ""):
        language = get_format(record.format)
        originals |= {name.text for name in language.names(language.parse(record.completion))}
    trained = fresh([r for r in records(out, "") if r.split == "train"], originals)
    assert trained
    for name in (SEEN_STYLE, HELD_OUT_STYLE, HELD_OUT_TASK):
        new = fresh(records(out, name), originals)
        assert new and not new & trained, name
    assert fresh(records(out, SEEN_NAMES), originals) & trained


@pytest.mark.parametrize(
    ("styles", "held_out", "said"),
    [
        ((), (SCAN,), "no style is held out"),
        (("opaque",), (), "no task is held out"),
        (("opaque",), (SCAN, CLEVR), "all tasks are held out"),
    ],
)
def test_empty_sets_are_refused(
    folders: tuple[Path, Path], tmp_path: Path, styles: tuple[str, ...], held_out: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        evolve_with_test_sets(EvolveConfig(held_out_styles=styles), folders[0], tmp_path, held_out, 5)
