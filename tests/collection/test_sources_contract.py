"""Every source keeps the contract of collection/sources/base.py, on fixtures written in the upstream's format.

Fixtures live in tests/collection/fixtures/raw/<dataset>/ with the upstream's file names. Each set holds good rows
and rows with the quirks that upstream is known for.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import orjson
import pytest

from collection.prompts import render
from collection.sources import SOURCES as ALL_SOURCES
from collection.sources import VARIANTS, get
from collection.sources.base import Example, FilesMissing, GeneratedSource, Reason, Rejected
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split

SOURCES = [task for task, where in ALL_SOURCES.items() if find_spec(where.split(":")[0])]
FIXTURES = Path(__file__).parent / "fixtures" / "raw"
ABSENT = {Reason.NO_LABEL, Reason.NOT_DERIVABLE, Reason.MISSING_CONTEXT}
RAW = os.environ.get("SYMBOL_LLM_RAW")


def examples(task: str, raw: Path, limit: int | None = None) -> list:
    source = get(task)
    folder = raw / source.upstream.dataset
    rows = islice(source.read(folder), limit)
    return [(row, row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)) for row in rows]


@pytest.mark.parametrize("task", [*SOURCES, *VARIANTS])
def test_describes_itself(task: str) -> None:
    source = get(task)
    assert source.task == task and source.family and source.licence.name
    assert get_format(source.format).name == source.format
    assert 8 <= len(set(source.prompt.instructions)) <= 12, "about ten paraphrases"
    assert source.prompt.input_label.endswith(":") and source.prompt.cue.endswith(":")
    if not isinstance(source, GeneratedSource):
        assert source.upstream.url and source.upstream.revision and source.upstream.citation


@pytest.mark.parametrize("task", SOURCES)
def test_fixture_rows(task: str) -> None:
    source, language = get(task), get_format(get(task).format)
    limit = 60 if isinstance(source, GeneratedSource) else None
    results = examples(task, FIXTURES, limit)
    kept = [(row, item) for row, item in results if isinstance(item, Example)]
    assert len(kept) >= 3
    assert results == examples(task, FIXTURES, limit), "reading twice gives the same rows"
    assert len({(row.file, row.index) for row, _ in results}) == len(results), "a row has one place"
    for row, item in kept:
        assert item.input.strip()
        orjson.dumps([row.data, item.answer, dict(item.context.world)])  # plain JSON
        prompt = render(source.prompt, item, task, row.split, 0)
        assert prompt == render(source.prompt, item, task, row.split, 0)
        assert item.completion not in prompt.text or source.family == "General" or len(item.completion) < 8
    accepted = [language.accepts(i.completion, i.context).holds for _, i in kept if language.parses(i.completion)]
    assert accepted and sum(verdict is not False for verdict in accepted) >= min(3, len(accepted))


@pytest.mark.parametrize("task", [t for t in SOURCES if isinstance(get(t), GeneratedSource)])
def test_generated_rows_are_all_good(task: str) -> None:
    source, language = get(task), get_format(get(task).format)
    for split in source.sizes:
        rows = [row for row in source.read(Path()) if row.split == split]
        for row in rows[:: max(1, len(rows) // 40)]:
            item = source.to_example(row, Path())
            assert isinstance(item, Example), item
            verdict = language.accepts(item.completion, item.context)
            assert verdict.holds is not False, verdict.reason
    assert Split.TRAIN in source.sizes


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("task", [t for t in SOURCES if not isinstance(get(t), GeneratedSource)])
def test_real_rows(task: str) -> None:
    """Every row of the real files is kept or rejected with a reason; most of those that upstream labels are kept."""
    assert RAW
    language = get_format(get(task).format)
    try:
        results = examples(task, Path(RAW))
    except FilesMissing as missing:
        pytest.skip(str(missing))
    assert results
    kept = [item for _, item in results if isinstance(item, Example)]
    assert all(rejected.detail for _, rejected in results if isinstance(rejected, Rejected))
    good = sum(language.parses(item.completion) for item in kept)
    unlabelled = sum(isinstance(item, Rejected) and item.reason is Reason.NO_LABEL for _, item in results)
    assert good or unlabelled == len(results)
    # Neither the symbol nor, in an excerpt, the context of these rows is at hand.
    absent = sum(isinstance(item, Rejected) and item.reason in ABSENT for _, item in results)
    assert good >= 0.8 * (len(results) - absent)


@pytest.mark.parametrize("task", [t for t in SOURCES if not isinstance(get(t), GeneratedSource)])
def test_the_revision_is_no_moving_branch(task: str) -> None:
    assert get(task).upstream.revision not in {"main", "master", "HEAD", "latest"}, "pin a commit or a release"
