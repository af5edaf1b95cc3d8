from __future__ import annotations

import json
import os
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.grailqa import GRAILQA
from symbol_llm.errors import UserError
from symbol_llm.formats import get
from symbol_llm.record import Split

RAW = os.environ.get("SYMBOL_LLM_RAW")
Results = dict[tuple[str, int], Example | Rejected]
TRAIN, DEV = "grailqa_v1.0_train.json", "grailqa_v1.0_dev.json"


def read(folder: Path) -> Results:
    rows = GRAILQA.read(folder)
    return {(r.file, r.index): r.data if isinstance(r.data, Rejected) else GRAILQA.to_example(r, folder) for r in rows}


@pytest.fixture
def results(raw: Path) -> Results:
    return read(raw / "grailqa")


def test_splits_follow_the_files(raw: Path) -> None:
    assert Counter((row.file, row.split) for row in GRAILQA.read(raw / "grailqa")) == {
        (TRAIN, Split.TRAIN): 3,
        (DEV, Split.TEST): 5,
        ("grailqa_v1.0_test_public.json", Split.TEST): 2,
    }


def test_a_row_becomes_an_example(results: Results) -> None:
    found = results[TRAIN, 0]
    assert isinstance(found, Example)
    assert found.input == "which ship was built in visby?"
    assert found.completion == "(AND boats.ship (JOIN boats.ship.place_built m.0port1))"
    assert found.context.definitions.splitlines() == [
        "entity m.0port1: Visby",
        "relation boats.ship.captain: captain",
        "relation boats.ship.launched: launched",
        "relation boats.ship.length: length",
        "relation boats.ship.place_built: place built",
        "class boats.captain: captain",
        "class boats.ship: ship",
    ]
    assert found.answer == ["m.0boat1", "m.0boat2"] and found.group == "template-21001000"


def test_counts_literals_and_orders_are_accepted(results: Results) -> None:
    language = get("kb_sexpr")
    kept = [item for item in results.values() if isinstance(item, Example)]
    assert len(kept) == 5
    assert all(language.accepts(item.completion, item.context).holds for item in kept)
    count = results[TRAIN, 1]
    assert isinstance(count, Example) and count.answer == ["2"]  # a value, without entity_name
    assert not count.context.definitions.startswith("entity")


def test_an_entity_that_the_graph_does_not_name_and_an_empty_answer(results: Results) -> None:
    found = results[DEV, 4]
    assert isinstance(found, Example) and found.answer is None
    assert found.context.definitions.startswith("entity m.0port3\n")


def test_rejects_have_their_reason(results: Results) -> None:
    reasons = {place: item.reason for place, item in results.items() if isinstance(item, Rejected)}
    assert reasons == {
        (DEV, 1): Reason.EMPTY_INPUT,
        (DEV, 2): Reason.PARSE_ERROR,
        (DEV, 3): Reason.MALFORMED_ROW,  # answers that are texts
        ("grailqa_v1.0_test_public.json", 0): Reason.NO_LABEL,
        ("grailqa_v1.0_test_public.json", 1): Reason.NO_LABEL,
    }
    broken = results[DEV, 2]
    assert isinstance(broken, Rejected) and broken.position == 54


def test_upstreams_archive_is_read_as_it_is(raw: Path, tmp_path: Path, results: Results) -> None:
    with zipfile.ZipFile(tmp_path / "GrailQA_v1.0.zip", "w") as archive:
        for name in (TRAIN, DEV):
            archive.write(raw / "grailqa" / name, f"GrailQA_v1.0/{name}")
    packed = read(tmp_path)
    assert packed[f"GrailQA_v1.0.zip/GrailQA_v1.0/{TRAIN}", 2] == results[TRAIN, 2]
    assert len(packed) == 8


def test_broken_folders_say_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"grailqa_v1\.0_train\.json"):
        list(GRAILQA.read(tmp_path))
    (tmp_path / DEV).write_text('[{"qid": 1')
    with pytest.raises(UserError, match="not JSON"):
        list(GRAILQA.read(tmp_path))


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_questions() -> None:
    """Every labelled row is kept and accepted under its definitions, which name its entities."""
    folder = Path(str(RAW)) / "grailqa"
    results = read(folder)
    assert {i.reason for i in results.values() if isinstance(i, Rejected)} <= {Reason.NO_LABEL}
    kept = [item for item in results.values() if isinstance(item, Example)]
    rows = [row for path in folder.glob("grailqa_v1*.json") for row in json.loads(path.read_bytes())]
    assert len(kept) == sum("s_expression" in row for row in rows) > 200
    language = get("kb_sexpr")
    for item in kept:
        assert language.accepts(item.completion, item.context).holds is True
        entities = [line for line in item.context.definitions.splitlines() if line.startswith("entity ")]
        assert all(": " in line for line in entities)
