"""The report page as text: structure, escaping, notes. What a browser makes of it: test_report_browser.py."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from eval.report import embeddable, gather, write_report
from symbol_llm.errors import UserError
from tests.eval.made_run import ATTACKS, SCENES, made_run, outcome_rows, write, write_lines


class Page(HTMLParser):
    """Elements, ids, and the content of scripts and styles, as an HTML parser sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[str] = []
        self.is_raw = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.is_raw = tag in ("script", "style")
        if self.is_raw:
            self.raw.append("")

    def handle_endtag(self, tag: str) -> None:
        self.is_raw = False

    def handle_data(self, data: str) -> None:
        if self.is_raw:
            self.raw[-1] += data

    def data(self) -> Any:
        scripts = [attributes for tag, attributes in self.tags if tag in ("script", "style")]
        return json.loads(self.raw[[s.get("id") for s in scripts].index("data")])


def items_of(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The packed items of a gathered run, each with the columns by which the page filters."""
    packed = run["items"]
    shown = [item for chunk in packed["chunks"] for item in json.loads(zlib.decompress(base64.b64decode(chunk), -15))]
    assert len(shown) == packed["count"] == len(packed["rows"]) // 3
    for number, item in enumerate(shown):
        label, outcome, model = packed["rows"][3 * number : 3 * number + 3]
        assert packed["outcomes"][outcome] == item.get("outcome", "not scored")
        item |= {"label": packed["labels"][label], "model": packed["models"][model]}
    return shown


def page_of(run: Path, out: Path) -> Page:
    write_report([run], out)
    return Page((out / "index.html").read_text("utf-8"))


def test_a_whole_run(tmp_path: Path) -> None:
    page = page_of(made_run(tmp_path / "demo"), tmp_path / "report")
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert {"cards", "scenes", "tasks", "training", "collection", "items", "filters", "item-list"} <= ids
    assert ("html", {"lang": "en"}) in page.tags
    labelled = {attributes["for"] for tag, attributes in page.tags if tag == "label"}
    fields = {attributes["id"] for tag, attributes in page.tags if tag in ("select", "input")}
    assert fields == labelled
    (run,) = page.data()["runs"]
    assert run["name"] == "demo" and run["notes"] == [] and run["absent"] == ["analyses"]
    assert [task["task"] for task in run["collection"]] == ["scan_generated", "theories", "tables"]
    assert [part["scene"] for part in run["scenes"]] == [scene for scene, parts in SCENES.items() for _ in parts]
    labels = [item["label"].split(":")[0] for item in items_of(run)]
    assert list(dict.fromkeys(labels)) == ["delegated", "gold symbols"], "what the model wrote comes first"
    assert {item["model"] for item in items_of(run)} == {"transformers", "gold"}
    assert [curve["stage"] for curve in run["training"]] == ["injection", "infusion"]
    assert all(len(curve["points"]) <= 402 and curve["points"][-1][0] == 999 for curve in run["training"])
    zero = next(part for part in run["scenes"] if part["benchmark"] == "tables")
    assert zero["correct"] == 0 and zero["accuracy"] == 0


def test_untrusted_text_stays_inside_the_data(tmp_path: Path) -> None:
    """No attack adds an element or attribute, and every attack comes through to the reader as it was written."""
    attacked = page_of(made_run(tmp_path / "demo"), tmp_path / "a")
    quiet_run = made_run(tmp_path / "quiet")
    (quiet_run / "eval/delegate/attacks.jsonl").unlink()
    quiet = page_of(quiet_run, tmp_path / "b")
    assert [tag for tag, _ in attacked.tags] == [tag for tag, _ in quiet.tags]
    assert not any(name.startswith("on") for _, attributes in attacked.tags for name in attributes)
    shown = [item["symbol"] for item in items_of(attacked.data()["runs"][0]) if item["task"] == "attacks"]
    assert shown == ATTACKS
    source = (tmp_path / "a/index.html").read_text("utf-8")
    assert "attacked'</script>" not in source and "<img" not in source


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "&lt;", "\u2028", "\ud800"])
def test_embedding_has_no_character_that_html_reads(text: str) -> None:
    embedded = embeddable({text: [text]})
    assert not set("<>&\u2028") & set(embedded)
    assert json.loads(embedded) == {text.replace("\ud800", "\ufffd"): [text.replace("\ud800", "\ufffd")]}


def test_the_policy_allows_our_own_script_and_style_only(tmp_path: Path) -> None:
    page = page_of(made_run(tmp_path / "demo"), tmp_path / "report")
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and "default-src 'none'" in policy and "unsafe" not in policy
    style, _, script = page.raw
    for kind, text in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not any(tag in ("link", "img", "iframe", "base") or "src" in a or "style" in a for tag, a in page.tags)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", (tmp_path / "report/index.html").read_text("utf-8"))
    assert "innerHTML" not in script and "insertAdjacent" not in script and "eval(" not in script


def test_an_empty_folder_gives_a_page_of_notes(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (run,) = page_of(tmp_path / "run", tmp_path / "report").data()["runs"]
    assert len(run["absent"]) == 6 and "nothing of a run is in this folder" in run["notes"][0]


def test_half_finished_and_broken_inputs_leave_the_rest(tmp_path: Path) -> None:
    run = made_run(tmp_path / "demo")
    (run / "summary.json").write_text('{"tasks": {')
    with (run / "eval/delegate/stories.jsonl").open("a") as file:
        file.write('{"id": "torn')
    (run / "injection/metrics.jsonl").write_text('{"step": 1, "loss": 2.5}\n{"step": 2, "loss": NaN}\n{"st')
    gathered = gather(run)
    notes = "\n".join(gathered["notes"])
    assert "summary.json cannot be read" in notes and "stories.jsonl: 1 lines are not JSON" in notes
    assert "symbolic scores" in gathered["absent"] and "metrics.jsonl: 2 lines are not JSON" in notes
    assert {part["scene"] for part in gathered["scenes"]} == set(SCENES)  # from the model's own evaluation
    assert "gold" not in {part["benchmark"] for part in gathered["scenes"]}
    assert gathered["training"][0]["points"] == [[1, 2.5]] and len(items_of(gathered)) == 289
    assert write_report([run], tmp_path / "report")["items"] == 289


def test_values_of_the_wrong_kind_become_notes(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write(run / "summary.json", {"tasks": [1], "collection": {"a": 3, "b": {"read": 1}}, "training": "x", "scenes": {}})
    write(run / "delegate/run.json", ["not a run"])
    gathered = gather(run)
    assert gathered["tasks"] == [] and gathered["collection"] == [{"read": 1, "task": "b"}]
    notes = "\n".join(gathered["notes"])
    assert "'tasks' is not an object" in notes and "left out: a" in notes and "run.json is not a JSON object" in notes


def test_scores_come_from_the_evaluations_if_no_summary_names_them(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write(run / "symbolic/run.json", {"kind": "symbolic"})
    write(run / "symbolic/summary.json", {"tasks": {"scan": {"value": 0.5, "items": 2}}})
    write_lines(run / "symbolic/scan.jsonl", outcome_rows("scan", {"exact": 1, "different": 1}))
    gathered = gather(run)
    assert gathered["tasks"] == [{"task": "scan", "value": 0.5, "items": 2}]
    assert {item["label"] for item in items_of(gathered)} == {"symbolic: scan"}


def test_tasks_that_were_evaluated_twice_are_one_note(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write(tmp_path / f"run/{number}/symbolic/run.json", {"kind": "symbolic"})
        write(tmp_path / f"run/{number}/symbolic/summary.json", {"tasks": {"scan": {"value": number}}})
    gathered = gather(tmp_path / "run")
    assert gathered["tasks"] == [{"task": "scan", "value": 3}]
    assert [note for note in gathered["notes"] if "more than once" in note and note.endswith(": scan")] != []
    assert len(gathered["notes"]) == 1


def test_a_run_of_gold_symbols_alone_shows_them(tmp_path: Path) -> None:
    write(tmp_path / "run/delegate/run.json", {"kind": "delegate", "backend": "gold"})
    write(tmp_path / "run/delegate/summary.json", {"scenes": {"maths": [{"benchmark": "stories", "items": 1}]}})
    gathered = gather(tmp_path / "run")
    assert gathered["scenes"] == [{"benchmark": "stories", "items": 1, "scene": "maths"}]
    assert any("ceilings" in note for note in gathered["notes"])


def test_a_collection_alone_shows_its_counts(tmp_path: Path) -> None:
    counts = {"read": 9, "kept": 7, "rejected": 2, "duplicates": 0, "leaks": 0}
    task = {"format": "scan", "origin": "generated", "licence": "MIT", "counts": counts, "reasons": {"parse_error": 2}}
    write(tmp_path / "run/manifest.json", {"tasks": {"scan": task, "broken": 3, "later": {"counts": None}}})
    gathered = gather(tmp_path / "run")
    assert gathered["collection"] == [
        {
            "task": "scan",
            "format": "scan",
            "origin": "generated",
            "licence": "MIT",
            **counts,
            "reasons": {"parse_error": 2},
        }
    ]
    assert gathered["notes"] == ["entries that are not objects are left out: broken"]
    write(tmp_path / "run/manifest.json", {"tasks": [1]})
    assert "manifest.json: 'tasks' is not an object" in gather(tmp_path / "run")["notes"][0]


def test_a_training_run_alone_shows_its_curve(tmp_path: Path) -> None:
    write_lines(tmp_path / "mine/metrics.jsonl", [{"step": 1, "loss": 3.5}, {"step": 2, "loss": 2.5}])
    write(tmp_path / "mine/summary.json", {"steps": 2, "seconds": 7.5})
    gathered = gather(tmp_path / "mine")
    assert gathered["seconds"] == {"total": 7.5}
    assert gathered["training"] == [{"stage": "mine", "points": [[1, 3.5], [2, 2.5]], "steps": 2}]
    assert gathered["notes"] == []


def test_losses_given_in_the_summary_itself(tmp_path: Path) -> None:
    write(tmp_path / "run/summary.json", {"training": {"injection": [{"step": 1, "loss": 3}, {"step": 2}, "x"]}})
    assert gather(tmp_path / "run")["training"] == [{"stage": "injection", "points": [[1, 3]], "steps": 1}]


def test_many_and_huge_items_are_cut_and_said_so(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write(run / "delegate/run.json", {"kind": "delegate"})
    rows = outcome_rows("stories", {"correct": 200, "wrong": 50})
    rows[0]["output"] = rows[0]["symbol"] = "x" * 100_000
    write_lines(run / "delegate/stories.jsonl", [*rows, {**rows[0], "message": "again"}])
    gathered = gather(run, items_per_task=10)
    items = items_of(gathered)
    assert len(items) == 10
    assert "stories: 10 of 250 items are shown" in gathered["notes"]
    assert items[0]["symbol"].endswith("… (97,000 more characters)")
    assert items[0]["message"] == "again"  # the last line of an id counts
    assert items_of(gather(run, items_per_task=0)) == []


def test_mistakes_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such run folder"):
        write_report([tmp_path / "nowhere"], tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        write_report([made_run(tmp_path / "demo")], tmp_path / "file" / "report")
