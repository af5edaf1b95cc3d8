"""AMR files: where records begin and end, metadata, alignments, split tokens."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.sources import get
from collection.sources.amr_files import joined, read_amr, without_alignments
from collection.sources.base import Reason, Rejected
from symbol_llm.formats.amr_penman import parse, render

RAW = os.environ.get("SYMBOL_LLM_RAW")


def records(text: str | bytes) -> list:
    return list(read_amr(BytesIO(text.encode() if isinstance(text, str) else text)))


def test_metadata_of_several_fields_a_line() -> None:
    (record,) = records("# ::id a.1 ::date 2018-01-01T10:00 ::preferred\n# ::snt A ::b  c\n(x / y)\n")
    assert record == {"id": "a.1", "date": "2018-01-01T10:00", "preferred": "", "snt": "A ::b  c", "graph": "(x / y)"}


def test_the_head_of_a_file_is_no_record() -> None:
    record = "# ::id a\n# ::snt A\n(x / y)\n"
    expected = [{"id": "a", "snt": "A", "graph": "(x / y)"}]
    assert records(record) == expected
    assert records("# AMR release; corpus: made; number of AMRs: 1\n\n" + record) == expected
    assert records("#\n# An example.\n#\n(e / example\n   :mod (f / first))\n\n" + record) == expected
    assert records("\ufeff" + record) == expected


def test_blank_lines_end_a_graph_and_nothing_else() -> None:
    found = records("# ::id a\n# ::snt A\n\n(x / y\n\n  :mod z)\n\n\n\n# ::id b\n\n# ::snt B\n(x / y)")
    assert [(r["id"], r["snt"], r["graph"]) for r in found] == [("a", "A", "(x / y\n  :mod z)"), ("b", "B", "(x / y)")]


def test_brackets_in_strings_do_not_count() -> None:
    found = records(
        '# ::id a\n(x / y :op1 ":(")\n\n# ::id b\n(x / y :op1 ")")\n\n(a / graph :mod (w / without-metadata))\n'
    )
    assert [record.get("id") for record in found] == ["a", "b", None]


def test_a_broken_graph_ends_where_the_next_record_begins() -> None:
    found = records("# ::id a\n# ::snt A\n(x / y\n    :mod (z / z\n\n# ::id b\n# ::snt B\n(x / y)\n")
    assert [(r["id"], r["graph"]) for r in found] == [("a", "(x / y\n    :mod (z / z"), ("b", "(x / y)")]


def test_a_record_without_a_graph_keeps_its_place() -> None:
    found = records("# ::id a\n# ::snt A\n\n# ::id b\n# ::snt B\n(x / y)\n\n# ::tok C\n# ::id c\n")
    assert [(r["id"], r["graph"]) for r in found] == [("a", ""), ("b", "(x / y)"), ("c", "")]
    found = records("# ::tok A\n# ::id a\n\n# ::tok B\n# ::id b\n(x / y)\n")
    assert [(r["tok"], r["id"], r["graph"]) for r in found] == [("A", "a", ""), ("B", "b", "(x / y)")]


def test_lines_end_at_line_feeds_alone() -> None:
    """U+0085 and U+2028 stand in sentences of the LDC releases."""
    (record,) = records("# ::id a\r\n# ::snt One\u0085two\u2028three\r\n(x / y\r\n  :mod z)\r\n")
    assert record == {"id": "a", "snt": "One\u0085two\u2028three", "graph": "(x / y\n  :mod z)"}


def test_a_record_that_is_not_utf_8_harms_no_other() -> None:
    first, second = records(b"# ::id a\n# ::snt caf\xe9\n(x / y)\n\n# ::id b\n# ::snt B\n(x / y)\n")
    assert isinstance(first, Rejected) and first.reason is Reason.MALFORMED_ROW and "'a'" in first.detail
    assert second["id"] == "b"


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    for record in records(data) + records(b"# ::id a\n" + data):
        assert isinstance(record, Rejected) or "graph" in record


@pytest.mark.parametrize(
    ("aligned", "plain"),
    [
        ('(n~e.1 / name :op1 "Foo-1"~e.7,9)', '(n / name :op1 "Foo-1")'),
        ("(a / and~e.3\n      :op1~e.4 b~5)", "(a / and\n      :op1 b)"),
        ('(a / b :op1 "~e.1" :op2 "x\\"~e.2"~e.3)', '(a / b :op1 "~e.1" :op2 "x\\"~e.2")'),
        ("(a / about~isi_3)", "(a / about~isi_3)"),
    ],
)
def test_alignments_are_stripped_outside_of_strings(aligned: str, plain: str) -> None:
    assert without_alignments(aligned) == plain


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        ("Sos @-@ 1 and PI3K @/@ AKT", "Sos-1 and PI3K/AKT"),
        ("the NH @<sub> 2 </sub>@ -@ terminal region", "the NH2-terminal region"),
        ("Ras @- or Rac @- dependent", "Ras- or Rac- dependent"),
        ("in vivo @<i> , </i> the interaction", "in vivo, the interaction"),
        ("eps8 @<sup> −/− </sup> fibroblasts", "eps8−/− fibroblasts"),
        ('follicles [ @<xref ref-type="bibr" rid="b01"> 1 </xref>@ ].', "follicles [1]."),
        ("see ( <ce:cross-ref id='c'> x", "see ( <ce:cross-ref id='c'> x"),
        ('( <ce:cross-ref id="c" refid="f1"> Fig . 1 </ce:cross-ref>@ <ce:float-anchor refid="f1" /> )', "( Fig . 1)"),
        ("A < B > C , a@b.org and ~ 1 kb", "A < B > C , a@b.org and ~ 1 kb"),
    ],
)
def test_split_tokens_are_joined(tokens: str, sentence: str) -> None:
    assert joined(tokens) == sentence


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("task", ["bioamr", "little_prince"])
def test_real_graphs_without_alignments_are_the_same_graphs(task: str) -> None:
    source = get(task)
    folder = Path(str(RAW)) / source.upstream.dataset
    for row in source.read(folder):
        example = source.to_example(row, folder)
        assert not isinstance(example, Rejected), example
        assert "~e." not in example.completion and "@-@" not in example.input and "</" not in example.input
        bare = without_alignments(render(parse(row.data["graph"])))
        assert parse(example.completion) == parse(bare)
