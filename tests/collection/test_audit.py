"""Auditing gold symbols: real sources on the fixtures, formats that break their own laws, the command and its page."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

import collection.audit
from collection.audit import BrokenLaw, Failure, Stage, TaskAudit, audit
from collection.audit_report import as_markdown, listing, table_rows
from collection.sources.base import Reason
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import EMPTY, Context, Score
from symbol_llm.formats.scan import Scan

TASKS = ("folio", "nl2bash", "clevr", "nl2rx")
FIXTURES = Path(__file__).parent / "fixtures" / "raw"


@pytest.fixture(scope="module")
def audits() -> dict[str, TaskAudit]:
    return {found.task: found for found in audit(FIXTURES, TASKS)}


def reasons(found: TaskAudit) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for failure in found.failures:
        rows.setdefault(failure.reason, []).append(failure.row)
    return rows


def test_every_row_is_counted_and_fails_at_most_once(audits: dict[str, TaskAudit]) -> None:
    assert list(audits) == list(TASKS)
    for found in audits.values():
        counts = found.counts
        assert counts[Stage.PERFECT] + len(found.failures) == counts[Stage.ROW] > 0
        assert counts[Stage.SYMBOL] + sum(not failure.has_symbol for failure in found.failures) == counts[Stage.ROW]
        assert counts[Stage.SYMBOL] >= counts[Stage.PARSES] >= counts[Stage.ACCEPTED] + counts[Stage.UNDECIDED]
        assert counts[Stage.ACCEPTED] + counts[Stage.UNDECIDED] >= counts[Stage.ROUND_TRIPS] >= counts[Stage.PERFECT]
        assert len({(failure.file, failure.row) for failure in found.failures}) == len(found.failures)
        assert all(failure.is_explained for failure in found.failures)


def test_a_label_fault_shows_its_place(audits: dict[str, TaskAudit]) -> None:
    found = audits["nl2bash"]
    assert reasons(found) == {Reason.EMPTY_INPUT: [8], Reason.EMPTY_SYMBOL: [9], Reason.PARSE_ERROR: [10]}
    (failure,) = [failure for failure in found.failures if failure.has_symbol]
    assert failure.file == "all.cm" and failure.detail.endswith("^")
    assert failure.excerpt == "tmux attach -t <name of session>"[-24:] and failure.position is not None
    assert found.share(Stage.PARSES) == found.share(Stage.PERFECT) == pytest.approx(10 / 11)


def test_the_number_of_workers_changes_nothing(audits: dict[str, TaskAudit]) -> None:
    assert list(audit(FIXTURES, TASKS, workers=2)) == list(audits.values())


def test_limit_is_per_split_and_generated_tasks_can_be_named() -> None:
    (found,) = audit(FIXTURES, ["scan_generated"], limit=2)
    splits = collection.sources.get("scan_generated").sizes
    assert found.counts == dict.fromkeys(set(Stage) - {Stage.UNDECIDED}, 2 * len(splits)) and not found.failures


class BrokenScan(Scan):
    """A SCAN format that breaks the law that its ``law`` names."""

    law = BrokenLaw.CRASH

    def render(self, tree: Any) -> str:
        return super().render(tree) + (" I_JUMP" if self.law is BrokenLaw.ROUND_TRIP else "")

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        return super().canonical(text) + (" I_WALK" if self.law is BrokenLaw.CANONICAL else "")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        if self.law is BrokenLaw.CRASH:
            raise RecursionError("too deep")
        score = super().score(prediction, reference, context)
        return replace(score, is_equivalent=False) if self.law is BrokenLaw.SCORE else score


PASSED = {
    BrokenLaw.ROUND_TRIP: Stage.ACCEPTED,
    BrokenLaw.CANONICAL: Stage.ACCEPTED,
    BrokenLaw.SCORE: Stage.ROUND_TRIPS,
    BrokenLaw.CRASH: Stage.SYMBOL,
}


@pytest.mark.parametrize("law", BrokenLaw)
def test_a_broken_law_is_never_the_rows_fault(law: BrokenLaw, monkeypatch: pytest.MonkeyPatch) -> None:
    language = BrokenScan()
    monkeypatch.setattr(BrokenScan, "law", law)
    monkeypatch.setattr(collection.audit, "get_format", lambda name: language)
    (found,) = audit(FIXTURES, ["scan_generated"], limit=2)
    assert [failure.reason for failure in found.failures] == [law] * found.counts[Stage.ROW]
    assert not any(failure.is_explained for failure in found.failures)
    assert found.share(PASSED[law]) == 1.0 and found.counts[Stage.PERFECT] == 0


def test_what_is_printed_and_does_not_parse_is_a_broken_law(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreadable(Scan):
        def render(self, tree: Any) -> str:
            return "jump"

        def parse(self, text: str) -> Any:
            if text == "jump":
                raise SymbolError(text, 0, "an action")
            return super().parse(text)

    monkeypatch.setattr(collection.audit, "get_format", lambda name: Unreadable())
    (found,) = audit(FIXTURES, ["scan"], limit=1)
    assert found.failures[0].reason is BrokenLaw.ROUND_TRIP and "expected an action" in found.failures[0].detail


def test_a_reader_that_fails_is_listed_with_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    source = collection.sources.get("scan")
    monkeypatch.setattr(type(source), "to_example", lambda self, row, folder: {}["no such key"])
    (found,) = audit(FIXTURES, ["scan"], limit=1)
    failure = found.failures[0]
    assert failure.reason is BrokenLaw.CRASH and "no such key" in failure.detail and failure.file in failure.detail
    assert found.counts[Stage.ROW] == len(found.failures) and not found.counts[Stage.PARSES]


def made(failures: list[Failure], counts: Mapping[Stage, int], task: str = "scan") -> TaskAudit:
    found = TaskAudit(task, "scan", "SCAN grammar 1.0", failures=failures)
    found.counts.update(counts)
    return found


def test_a_share_is_whole_only_if_all_are() -> None:
    nearly = made([], {Stage.SYMBOL: 100_000, Stage.PARSES: 99_999, Stage.ACCEPTED: 100_000})
    empty, silent = made([], {}), made([], {Stage.SYMBOL: 2, Stage.PARSES: 2, Stage.UNDECIDED: 2})
    cells = [row[5:7] for row in table_rows([nearly, empty, silent])]
    assert cells == [["99.99 %", "100 %"], ["–", "–"], ["100 %", "–"]]


def test_rows_without_a_symbol_are_summed() -> None:
    def unlabelled(file: str, row: int, detail: str) -> Failure:
        return Failure(file, row, "test", Reason.NO_LABEL, detail)

    few = [unlabelled("a.txt", row, "no actions") for row in (0, 1, 2, 7)] + [unlabelled("b.txt", 5, "no actions")]
    assert list(listing([made(few, {})])) == ["\nscan · no_label · 5 rows", "  no actions: a.txt 0–2, 7; b.txt 5"]
    many = [unlabelled(f"{row}.txt", 0, f"no answer to 'question {row}': {row}") for row in range(20)]
    line = list(listing([made(many, {})]))[1]
    assert line.startswith("  no answer to '…': 0.txt 0; 1.txt 0;") and line.endswith("; and 8 more files")


def test_the_page_quotes_little_and_keeps_its_columns() -> None:
    symbol = "x" * 50 + "|\n`y` " + "z" * 50
    error = SymbolError(symbol, 52, "an action")
    failure = Failure("a|b.txt", 1234, "test", Reason.PARSE_ERROR, str(error), 52, symbol[28:68])
    refused = Failure("b.txt", 0, "test", Reason.ENGINE_REJECTED, "no\nsuch thing " + "w" * 300)
    page = as_markdown([made([failure, refused], {Stage.ROW: 2, Stage.SYMBOL: 2, Stage.PARSES: 1})])
    assert "| scan | a\\|b.txt | 1234 | parse_error | expected an action at line 2, column 1 | `` xx" in page
    assert "x" * 24 not in page and "z" * 17 not in page and "w" * 160 not in page
    assert all(line.replace("\\|", "").count("|") in (0, 6, 7, 11) for line in page.splitlines())
    assert "Not at hand: blocksworld, " in page and "scan_generated" not in page and page.count("None.") == 1


def run(*arguments: str, raw: Path | None = FIXTURES) -> subprocess.CompletedProcess[str]:
    code = "from symbol_llm.cli import main; import sys; sys.argv = ['symbol-llm', 'format', *sys.argv[1:]]; main()"
    options = [] if raw is None else ["--raw", str(raw)]
    environment = {name: value for name, value in os.environ.items() if name != "SYMBOL_LLM_RAW"}
    command = [sys.executable, "-c", code, *arguments, *options]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=FIXTURES)


def test_the_command_prints_table_and_failures() -> None:
    done = run("audit", "--tasks", "nl2bash,clevr")
    assert done.returncode == 0, done.stderr
    head, *_ = done.stdout.partition("\nnl2bash · ")
    assert "90.90 %" in head and "GNU bash" in head
    assert "nl2bash · parse_error · 1 row\n  all.cm, row 10\n    " in done.stdout and "^" in done.stdout
    assert done.stderr.splitlines()[0] == "nl2bash: 11 symbols, 3 rows fail"


def test_the_command_prints_json_and_the_page() -> None:
    done = run("audit", "--tasks", "nl2bash", "--json")
    (document,) = orjson.loads(done.stdout)
    assert document["counts"]["symbols"] == 11 and document["reasons"]["parse_error"] == 1
    assert {"file", "row", "reason", "detail", "position", "explained"} < set(document["failures"][0])
    page = run("audit", "--tasks", "nl2bash", "--markdown")
    assert page.returncode == 0 and page.stdout == as_markdown(list(audit(FIXTURES, ["nl2bash"])))


def test_a_bug_of_ours_gives_exit_code_1(tmp_path: Path) -> None:
    code = (
        "import collection.audit, sys; from collection.audit_cli import app; from symbol_llm.cli import run\n"
        "collection.audit._broken_by_scoring = lambda *_: (collection.audit.BrokenLaw.SCORE, 'half')\n"
        f"sys.argv = ['audit', '--raw', {str(FIXTURES)!r}, '--tasks', 'nl2bash']; run(app)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and "10 rows failed for no reason of their own" in done.stderr
    assert "nl2bash · imperfect_score · 10 rows" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "raw", "message"),
    [
        (["--tasks", "spidr"], FIXTURES, "Did you mean spider"),
        ([], None, "--raw"),
        (["--tasks", "spider"], FIXTURES / "scan", "spider does not exist"),
    ],
)
def test_the_command_explains_itself(arguments: list[str], raw: Path | None, message: str) -> None:
    done = run("audit", *arguments, raw=raw)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


def test_the_group_lists_the_command_without_loading_the_collection() -> None:
    code = (
        "from symbol_llm.cli import main; import sys; sys.argv = ['symbol-llm', 'format', '--help']\n"
        "try:\n    main()\nfinally:\n    print([m for m in sys.modules if m == 'collection'], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=FIXTURES, check=True)
    assert "audit" in done.stdout and "canonical" in done.stdout and done.stderr.strip() == "[]"
    assert "--markdown" in run("audit", "--help", raw=None).stdout


def test_a_broken_file_stops_the_audit_by_name(tmp_path: Path) -> None:
    (tmp_path / "clevr").mkdir()
    with pytest.raises(UserError, match="none of the upstream's files"):
        list(audit(tmp_path, ["clevr"]))


RAW = os.environ.get("SYMBOL_LLM_RAW")


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_symbols_fail_for_reasons_of_their_own() -> None:
    assert RAW
    for found in audit(Path(RAW), workers=2):
        assert all(failure.is_explained for failure in found.failures), found.task
        assert found.counts[Stage.ROW] == found.counts[Stage.PERFECT] + len(found.failures)
