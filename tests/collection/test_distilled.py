"""Distilled pairs as a source: what ``distill collect`` writes goes through the build like any other row."""

from __future__ import annotations

from pathlib import Path

import orjson

import collection.sources
from collection.build import BuildConfig, build
from collection.sources.base import Example, Reason, Rejected
from symbol_llm.record import read_parquet
from tests.collection.distill.server import Server
from tests.collection.distill.test_run import Distill

RAW = Path(__file__).parent / "fixtures" / "raw"


def test_a_pair_keeps_its_question_parent_and_proof() -> None:
    source = collection.sources.get("gsm8k_code_distilled")
    rows = list(source.read(RAW / "distilled"))
    found = [row.data if isinstance(row.data, Rejected) else source.to_example(row, RAW / "distilled") for row in rows]
    first = found[0]
    assert isinstance(first, Example)
    assert first.answer == 7 and first.parent == "gsm8k_code-train-00" and "2 agree" in (first.proof or "")
    assert [each.reason for each in found if isinstance(each, Rejected)] == [Reason.MALFORMED_ROW] * 2
    assert source.licence.name.startswith("MIT") and not source.licence.commercial


def test_from_a_server_to_records(tmp_path: Path) -> None:
    distill = Distill(tmp_path, limit=12)
    with Server() as server:
        distill.run(server)
    pairs = distill.collect()["pairs"]
    manifest = build(BuildConfig(("stories_distilled",)), tmp_path, tmp_path / "out")
    counts = manifest["tasks"]["stories_distilled"]["counts"]
    assert counts["read"] == pairs > 0
    records = list(read_parquet(tmp_path / "out" / "records" / "stories_distilled.parquet"))
    assert len(records) == counts["kept"] > 0
    for record in records:
        assert (record.origin, record.split, record.format) == ("distilled", "train", "math_program")
        assert record.parent and record.parent.startswith("stories-train-")
        assert record.proof and "gives the gold answer" in record.proof
        assert orjson.loads(record.answer or "null") is not None and not record.commercial
