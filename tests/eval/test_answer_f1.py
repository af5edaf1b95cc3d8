"""WebQSP's F1 over answers, worked out by hand on a small graph in the upstream's notation."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from eval.answer_f1 import Answers, answer_f1, executed, graph_files, load
from eval.backends.gold import GoldBackend
from eval.backends.replay import ReplayBackend
from eval.symbolic import run_symbolic
from symbol_llm.errors import UserError
from symbol_llm.record import Origin, write_parquet
from tests.eval.toy import record

RAW = os.environ.get("SYMBOL_LLM_RAW")
# Ann has two children, Bob (1970) and Cid (1980), and employs herself; Dan was mayor from 1990 to 1995, Eve since 1996.
DATE = "http://www.w3.org/2001/XMLSchema#date"
GRAPH = f"""\
<ns:m.0ann> <ns:people.person.children> <ns:m.0bob> .
<ns:m.0ann> <ns:people.person.children> <ns:m.0cid> .
<ns:m.0ann> <ns:business.employer.employees> <ns:m.0ann> .
<ns:m.0ann> <ns:business.employer.employees> <ns:m.0bob> .
<http://rdf.freebase.com/ns/m.0bob> <ns:people.person.date_of_birth> "1970-05-01"^^<{DATE}> .
<ns:m.0cid> <ns:people.person.date_of_birth> "1980"^^<http://www.w3.org/2001/XMLSchema#gYear> .
<ns:m.0ann> <ns:people.person.date_of_birth> "1990-01-01"^^<{DATE}> .
<ns:m.0bob> <ns:type.object.type> <ns:people.person> .
<ns:m.0town> <ns:city.mayors> <ns:m.0dan> .
<ns:m.0town> <ns:city.mayors> <ns:m.0eve> .
<ns:m.0town> <ns:city.mayors> <ns:m.0old> .
<ns:m.0dan> <ns:office.term.from> "1990-03-01"^^<{DATE}> .
<ns:m.0dan> <ns:office.term.to> "1995-03-01"^^<{DATE}> .
<ns:m.0eve> <ns:office.term.from> "1996"^^<http://www.w3.org/2001/XMLSchema#gYear> .
<ns:m.0ann> <ns:type.object.name> "Ann"@en .
<ns:m.0ann> <ns:type.object.name> "Anna"@de .
"""
CHILDREN = "(JOIN (R people.person.children) m.0ann)"
MAYORS = "(JOIN (R city.mayors) m.0town)"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw" / "webqsp"
    folder.mkdir(parents=True)
    lines = GRAPH.splitlines(True)
    for number, part in enumerate((lines[:5], lines[5:])):
        (folder / f"freebase150k_part{number}.txt").write_text("".join(part))
    return tmp_path / "raw"


@pytest.mark.parametrize(
    ("expression", "answers"),
    [
        (CHILDREN, {"m.0bob", "m.0cid"}),
        ("(JOIN people.person.children m.0cid)", {"m.0ann"}),
        (f"(AND people.person {CHILDREN})", {"m.0bob"}),
        ("(JOIN (R business.employer.employees) m.0ann)", {"m.0bob"}),  # not what the question names
        (f"(ARGMAX {CHILDREN} people.person.date_of_birth)", {"m.0cid"}),
        ("(ARGMAX (JOIN (R business.employer.employees) m.0ann) people.person.date_of_birth)", {"m.0bob"}),
        (f"(COUNT {CHILDREN})", {2.0}),
        ("(JOIN (R type.object.name) m.0ann)", {"Ann"}),  # English names alone
        (f"(TC {MAYORS} office.term.from 1992)", {"m.0dan", "m.0old"}),
        (f"(TC {MAYORS} office.term.from 1995)", {"m.0dan", "m.0old"}),
        (f"(TC {MAYORS} office.term.from 1996)", {"m.0eve", "m.0old"}),
        (f"(TC {MAYORS} office.term.from NOW)", {"m.0eve", "m.0old"}),
        ("(JOIN (R people.person.children) m.0nobody)", set()),
        ("(JOIN people.person.children", set()),
        ("(ARGMAX m.0ann)", set()),
        ("", set()),
    ],
)
def test_executed_by_hand(raw: Path, expression: str, answers: set) -> None:
    assert executed(expression, load(graph_files(raw))) == answers


@pytest.mark.parametrize(
    ("expression", "gold", "f1"),
    [
        (CHILDREN, ("m.0bob", "m.0cid"), 1.0),
        (CHILDREN, ("ns:m.0bob",), 2 / 3),  # precision 1/2, recall 1
        (CHILDREN, ("m.0bob", "m.0x", "m.0y", "m.0z"), 1 / 3),  # precision 1/2, recall 1/4
        (CHILDREN, (), 0.0),
        ("(no", ("m.0bob",), 0.0),
        ("(JOIN (R people.person.date_of_birth) m.0bob)", ("1970-05-01",), 1.0),
    ],
)
def test_f1_by_hand(raw: Path, expression: str, gold: tuple[str, ...], f1: float) -> None:
    assert answer_f1(expression, Answers(gold, graph_files(raw))) == pytest.approx(f1)


def test_a_run_prints_f1_where_the_graph_is_and_em_where_it_is_not(raw: Path, tmp_path: Path) -> None:
    """Four items. F1: 1 (exact), 1 (other words, same answers), 2/3, 0 (no s-expression); EM: 1/4."""
    folder = tmp_path / "collection" / "records"
    folder.mkdir(parents=True)
    own = {"format": "kb_sexpr", "completion": CHILDREN, "answer": '["m.0bob", "m.0cid"]'}
    records = [replace(record(i, task="webqsp"), **own) for i in range(4)]
    evolved = [replace(record(9, task="webqsp", origin=Origin.EVOLVED), **own)]
    write_parquet(folder / "webqsp.parquet", records + evolved)
    outputs = [CHILDREN, f"(AND {CHILDREN} {CHILDREN})", f"(AND people.person {CHILDREN})", "I do not know."]
    file = tmp_path / "outputs.jsonl"
    file.write_text("".join(json.dumps({"id": r.id, "output": o}) + "\n" for r, o in zip(records, outputs)))

    def task(out: str, raw: Path | None, name: str = "webqsp") -> dict:
        return run_symbolic(folder.parent, ReplayBackend(file), tmp_path / out, raw=raw)["tasks"][name]

    found = task("with", raw)
    assert (found["metric"], found["value"], found["exact"]) == ("F1", pytest.approx((1 + 1 + 2 / 3 + 0) / 4), 1)
    assert found["metric"] == found["published"]["metric"], "what the paper prints"
    assert found["interval"][0] < found["value"] < found["interval"][1]
    assert task("with", raw, "webqsp.evolved")["metric"] == "EM", "the graph knows nothing of new names"
    without = task("without", None)
    assert (without["metric"], without["value"], without["exact"]) == ("EM", 0.25, 1)
    with pytest.raises(UserError, match="answers_from"):
        task("without", raw)
    assert run_symbolic(folder.parent, GoldBackend(), tmp_path / "gold", raw=raw)["tasks"]["webqsp"]["value"] == 1.0


def test_a_damaged_graph_is_named(raw: Path, tmp_path: Path) -> None:
    file = raw / "webqsp" / "freebase150k_part1.txt"
    file.write_text("<ns:m.0a> this is no triple\n")
    with pytest.raises(UserError, match=r"freebase150k_part1\.txt: not N-Triples"):
        load(graph_files(raw))


@pytest.mark.raw
@pytest.mark.skipif(RAW is None, reason="SYMBOL_LLM_RAW is not set")
def test_real_questions_on_the_facts_of_their_own_prompts(tmp_path: Path) -> None:
    """UnifiedSKG's prompts show a part of the graph, cut at a length. Where the part is whole, gold gives F1 1."""
    rows = json.loads((Path(str(RAW)) / "webqsp" / "unifiedskg_examples.json").read_text())
    found = []
    for number, row in enumerate(rows):
        lines = [
            f"<ns:{head}> <ns:{relation}> {f'<ns:{tail}>' if tail[:2] in ('m.', 'g.') else json.dumps(tail)} .\n"
            for head, relation, tail in row["kg_tuples"]
        ]
        file = tmp_path / f"{number}.nt"
        file.write_text("".join(lines))
        gold = tuple(answer for answer, _ in row["answers"])
        found.append(answer_f1(row["s_expression"], Answers(gold, (file,))))
    assert sum(f1 == 1.0 for f1 in found) / len(found) >= 0.8 and min(found) > 0
