"""The report page in a real headless Chromium, opened from its file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eval.analysis.gains import analyse
from eval.report import write_report
from tests.eval.browser import Browser, find_chromium
from tests.eval.made_run import ATTACKS, made_run, write, write_lines
from tests.eval.test_analysis_gains import GENERAL, RIGHT, delegate_rows, symbolic_rows
from tests.eval.test_report_views import alignment_document, symbolic_run
from tests.eval.test_worlds import world_run

PLAN = "(pick-up a)\n(stack a b)"
HOSTILE = "</script><img src=x onerror=\"document.title='attacked'\">"
CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    return Path(write_report([made_run(folder / "demo"), made_run(folder / "second")], folder / "out")["page"])


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert CHROMIUM is not None
    with Browser(CHROMIUM, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def until(condition: Callable[[], bool]) -> None:
    """Wait for what the page does in its own time (the toggle event of details is queued)."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("the page did not get there within a minute")


def choose_option(browser: Browser, field: str, text: str) -> None:
    found = browser.evaluate(
        f"(() => {{ const field = document.getElementById({field!r});"
        f"const option = [...field.options].find((option) => option.text === {text!r});"
        "if (!option) return [...field.options].map((option) => option.text).join('; ');"
        "field.value = option.value; field.dispatchEvent(new Event('input', {bubbles: true})); return ''; })()"
    )
    assert found == "", f"no option {text!r} in {found}"


def type_text(browser: Browser, text: str) -> None:
    browser.evaluate(
        f"(() => {{ const field = document.getElementById('filter-text'); field.value = {text!r};"
        "field.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def says(browser: Browser, text: str) -> None:
    status = "document.getElementById('item-count').textContent"
    until(lambda: browser.evaluate(status) == text)


def open_items(browser: Browser, wanted: int) -> None:
    """Open all items that are listed, and wait until they are drawn."""
    until(lambda: number(browser, ".item") == wanted)
    browser.evaluate("document.querySelectorAll('.item').forEach((item) => { item.open = true; })")
    until(lambda: number(browser, ".item dl") == wanted)


def number(browser: Browser, selector: str) -> int:
    return browser.evaluate(f"document.querySelectorAll({selector!r}).length")


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_opens_whole_at_every_width_and_scheme(browser: Browser, page: Path, width: int, is_dark: bool) -> None:
    browser.open(page, width=width, is_dark=is_dark)
    assert browser.complaints == []
    assert browser.requests == [page.resolve().as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert number(browser, "#cards .card") == 11
    assert number(browser, "#scenes .scene") == 7 and number(browser, "#scenes .stack span") >= 20
    assert number(browser, "#tasks tbody tr") == 7 and number(browser, "#collection tbody tr") == 4
    assert number(browser, "#training svg.curve") == 2 and number(browser, "#training svg text") > 15
    assert browser.evaluate("document.querySelector('#tasks tbody').innerText").count("0.0 %") == 1
    light = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light == ("rgb(20, 23, 26)" if is_dark else "rgb(251, 251, 249)")


def test_text_is_readable_against_its_ground(browser: Browser, tmp_path: Path) -> None:
    """Contrast by WCAG 2.2 of every visible text with its nearest opaque ground: at least 4.5."""
    contrast = """
    (() => {
      const parts = (c) => c.match(/[\\d.]+/g).map(Number);
      const light = (c) => parts(c).slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        if ((parts(c)[3] ?? 1) === 1) return c; } };
      const low = [];
      for (const e of document.querySelectorAll("main *, header *, footer *")) {
        if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) continue;
        const style = getComputedStyle(e);
        const [a, b] = [light(e.namespaceURI.includes("svg") ? style.fill : style.color), light(ground(e))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.push([e.tagName, e.className, ratio]);
      }
      return low;
    })()"""
    run = made_run(tmp_path / "run")
    symbolic_run(run, {"queries": ("sql", ["SELECT 'a' FROM t -- b", "SELECT 12 FROM t"])})
    write(run / "analysis/alignment.json", alignment_document())
    for file in (run / "eval/delegate").glob("*.jsonl"):
        file.unlink()
    (run / "ceiling/delegate/stories.jsonl").unlink()
    page = Path(write_report([run], tmp_path / "out")["page"])
    for is_dark in (False, True):
        browser.open(page, is_dark=is_dark)
        open_items(browser, 2)
        assert number(browser, ".code-word") and number(browser, ".code-text") and number(browser, ".code-figure")
        assert browser.evaluate(contrast) == []


def test_filters_search_and_more(browser: Browser, page: Path) -> None:
    browser.open(page)
    until(lambda: number(browser, ".item") == 25)
    browser.evaluate("document.getElementById('more').click()")
    until(lambda: number(browser, ".item") == 50)
    choose_option(browser, "filter-task", "delegated: theories (40)")
    says(browser, "40 items match; 25 shown")
    choose_option(browser, "filter-outcome", "parse error (11)")
    says(browser, "2 items match; 2 shown")
    assert browser.evaluate("document.getElementById('more').hidden") is True
    choose_option(browser, "filter-outcome", "all outcomes")
    type_text(browser, "NUMBER 39.")
    says(browser, "1 items match; 1 shown")
    type_text(browser, "nowhere to be found")
    says(browser, "No item matches.")
    type_text(browser, "")
    choose_option(browser, "filter-model", "gold (2)")
    says(browser, "No item matches.")
    choose_option(browser, "filter-task", "all tasks (289)")
    says(browser, "2 items match; 2 shown")
    assert browser.complaints == []


def test_an_item_opens_by_keyboard(browser: Browser, page: Path) -> None:
    browser.open(page)
    until(lambda: number(browser, ".item") == 25)
    browser.evaluate("document.querySelectorAll('.item summary')[10].focus()")
    browser.press("Enter")
    until(lambda: number(browser, ".item dl") == 1)
    shown = browser.evaluate("[...document.querySelectorAll('.item dt')].map((title) => title.textContent)")
    assert shown[:3] == ["Prompt", "Symbol", "Gold symbol"] and shown[-1] == "Item"


def test_model_output_never_runs(browser: Browser, page: Path) -> None:
    browser.open(page)
    open_items(browser, 25)
    browser.evaluate("document.querySelectorAll('.item *').forEach((e) => e.dispatchEvent(new Event('mouseover')))")
    assert browser.evaluate("document.title") == "symbol-llm report"
    assert browser.complaints == []
    assert number(browser, "main script, main img, main iframe") == 0
    texts = browser.evaluate("[...document.querySelectorAll('.item pre')].map((text) => text.textContent)")
    assert set(ATTACKS) <= set(texts)


def test_a_script_that_got_in_would_still_be_refused(browser: Browser, page: Path) -> None:
    """The second wall: an inline script added to the page is stopped by the policy."""
    browser.open(page)
    browser.evaluate(
        "(() => { const s = document.createElement('script'); s.textContent = \"document.title = 'attacked'\";"
        "document.body.append(s); })()"
    )
    # Events arrive with the answers to calls.
    until(lambda: number(browser, "body") == 1 and any("Content Security Policy" in c for c in browser.complaints))
    assert browser.evaluate("document.title") == "symbol-llm report"


def test_runs_can_be_chosen(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.evaluate("document.getElementById('run-choice').hidden") is False
    browser.evaluate(
        "(() => { const run = document.getElementById('run'); run.value = '1';"
        "run.dispatchEvent(new Event('change')); })()"
    )
    assert browser.evaluate("document.getElementById('run-name').textContent") == "second"
    assert number(browser, "#scenes .scene") == 7 and browser.complaints == []


def test_runs_stand_side_by_side(browser: Browser, page: Path, tmp_path: Path) -> None:
    browser.open(page)
    rows = browser.evaluate(
        "[...document.querySelectorAll('#runs tr')].map((row) => [...row.cells].map((c) => c.innerText))"
    )
    assert rows[0] == ["what", "demo", "second"]
    assert ["maths: stories", *["30.0 % (15.8 … 44.2)"] * 2] in rows and ["records kept", "25,042", "25,042"] in rows
    browser.open(Path(write_report([made_run(tmp_path / "demo")], tmp_path / "out")["page"]))
    assert browser.evaluate("document.getElementById('runs').checkVisibility()") is False


def test_several_samples_show_their_rates_and_their_vote(browser: Browser, tmp_path: Path) -> None:
    rate = {"value": 0.4, "interval": [0.3, 0.5]}
    samples = {"outputs": 40, "pass_at": {"1": rate, "4": {**rate, "value": 0.9}}}
    part = {"benchmark": HOSTILE, "items": 10, "correct": 16, "executed": 30, "outcomes": {"correct": 16, "wrong": 24}}
    vote = {"accuracy": 0.6, "interval": [0.4, 0.8], "without_answer": 2}
    summary = {"scenes": {"maths": [{**part, "accuracy": 0.4, "samples": {**samples, "vote": vote}}]}}
    write(tmp_path / "run/delegate/run.json", {"kind": "delegate", "model": "m"})
    write(tmp_path / "run/delegate/summary.json", summary)
    task = {"items": 10, "value": 0.5, "samples": {**samples, "vote": {"value": 0.7, "exact": 6, "equivalent": 7}}}
    write(tmp_path / "run/symbolic/run.json", {"kind": "symbolic", "model": "m"})
    write(tmp_path / "run/symbolic/summary.json", {"tasks": {"scan": task}})
    browser.open(Path(write_report([tmp_path / "run"], tmp_path / "out")["page"]))
    row = "[...document.querySelectorAll('#{} .scroll:last-child tbody > tr > *')].map((cell) => cell.innerText)"
    assert browser.evaluate(row.format("scenes")) == [
        HOSTILE, "40", "40.0 %\n30.0 … 50.0", "90.0 %\n30.0 … 50.0", "60.0 %\n40.0 … 80.0\nno answer in 2"
    ]  # fmt: skip
    assert browser.evaluate(row.format("tasks"))[-1] == "70.0 %"
    card = browser.evaluate("document.querySelector('.card').innerText")
    assert "40.0 %" in card and "right of 40 delegated" in card, "counted in outputs, as accuracy is"
    assert browser.evaluate("document.title") == "symbol-llm report" and browser.complaints == []


def test_an_empty_run_still_gives_a_page(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    browser.open(Path(write_report([tmp_path / "run"], tmp_path / "out")["page"]))
    assert browser.complaints == []
    notes = browser.evaluate("document.getElementById('notes').textContent")
    assert "nothing of a run is in this folder" in notes and "Not in this run: delegated benchmarks" in notes
    visible = "[...document.querySelectorAll('main > section, nav a')].filter((e) => e.checkVisibility()).length"
    assert browser.evaluate(visible) == 2, "the notes and the empty row of cards"


def test_symbols_are_drawn_and_analyses_shown(browser: Browser, tmp_path: Path) -> None:
    """Molecule, tree, steps and SQL; two analyses; every name and symbol of which may be hostile."""
    symbols = {
        "molecules": ("smiles", ["CCO", HOSTILE]),
        "graphs": ("amr", ['(w / want-01 :ARG0 (b / boy) :mod "<script>document.title=1</script>")', HOSTILE]),
        "plans": ("pddl", [PLAN, f"({HOSTILE})\n({HOSTILE})"]),
        "queries": ("sql", [f"SELECT count(*) FROM t WHERE a = '{HOSTILE}' -- {HOSTILE}"]),
    }
    run = symbolic_run(tmp_path / "run", symbols)
    write(run / "analysis/alignment.json", alignment_document(HOSTILE))
    (run / "table.md").write_text(f"{HOSTILE}\n\n| {HOSTILE} | right |\n|---|---|\n| {HOSTILE} | 1 |\n")
    (run / "plot.svg").write_text(f"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script>{HOSTILE}</svg>")
    folders = [tmp_path / name for name in ("base", "injection", "infusion")]
    for folder, right, general in zip(folders, RIGHT, GENERAL):
        write_lines(folder / "symbolic/scan.jsonl", symbolic_rows(right))
        write(folder / "symbolic/summary.json", {"tasks": {"scan": {"format": "scan"}}})
        write_lines(folder / "delegate/sums.jsonl", delegate_rows(right))
        write(folder / "general/summary.json", {"mean": general})
    write(run / "analysis/gains.json", analyse(folders, names=[HOSTILE, "injection", "infusion"]))
    summary = json.loads((run / "symbolic/summary.json").read_text())
    summary["tasks"]["queries"]["published"] = {"values": {"7B Symbol-LLM": 63.8, "13B Symbol-LLM": 65}}
    write(run / "symbolic/summary.json", summary)
    page = Path(write_report([run], tmp_path / "out")["page"])
    for width, is_dark in ((360, False), (1280, True)):
        browser.open(page, width=width, is_dark=is_dark)
        open_items(browser, 7)
        assert number(browser, ".item svg.molecule") == 1 and number(browser, ".item svg.molecule path") > 2
        assert number(browser, ".item ul.tree") == 1 and number(browser, ".item ol li") == 4
        words = browser.evaluate("[...document.querySelectorAll('.item .code-word')].map((word) => word.textContent)")
        assert words[:4] == ["SELECT", "count", "FROM", "WHERE"]
        until(
            lambda: browser.evaluate(
                "[...document.images].every((image) => image.complete || image.loading === 'lazy')"
            )
        )
        sources = browser.evaluate("[...document.images].map((image) => image.getAttribute('src').slice(0, 26))")
        assert sources == ["data:image/svg+xml;base64,"] * 4
        assert browser.evaluate("[...document.images].every((image) => image.alt.length > 10)")
        assert "63.8 / 65.0" in browser.evaluate("document.getElementById('tasks').textContent")
        shown = browser.evaluate("document.getElementById('analyses').textContent")
        assert HOSTILE in shown and "Which stage brought what" in shown and "no symbol" in shown
        assert browser.evaluate("document.title") == "symbol-llm report" and browser.complaints == []
        assert number(browser, "main script, main iframe, main img[onerror]") == 0
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        texts = browser.evaluate("[...document.querySelectorAll('.item pre')].map((text) => text.textContent)")
        assert texts.count(HOSTILE) == 2 and texts.count(PLAN) == 1
        assert number(browser, ".item dd.quiet") == 7, "a gold symbol that is the model's own is not said twice"


@pytest.mark.parametrize("hostile", ["", HOSTILE, *ATTACKS])
def test_worlds_are_drawn_and_run_nothing(browser: Browser, tmp_path: Path, hostile: str) -> None:
    """Scenes, scene graphs, diagrams, tables, plans; attacks are names of objects, points, tables and columns."""
    page = Path(write_report([world_run(tmp_path / "run", hostile)], tmp_path / "out")["page"])
    for width, is_dark in ((360, True), (1280, False)):
        browser.open(page, width=width, is_dark=is_dark)
        open_items(browser, 5)
        drawn = "[...document.querySelectorAll('.item svg.drawing')].map((svg) => svg.classList[1]).sort().join(' ')"
        assert browser.evaluate(drawn) == "figure-drawing graph-drawing scene-drawing"
        assert number(browser, ".scene-drawing g") == 3 and number(browser, ".graph-drawing rect") == 1
        assert number(browser, "table.data") == 2 and number(browser, "ol.plan .facts li") == 3
        assert browser.evaluate("[...document.querySelectorAll('.item svg')].every((svg) => svg.ariaLabel.length > 6)")
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        browser.evaluate("document.querySelectorAll('.item *').forEach((e) => e.dispatchEvent(new Event('mouseover')))")
        assert browser.evaluate("document.title") == "symbol-llm report" and browser.complaints == []
        assert number(browser, "main script, main img, main iframe, main a, main [onmouseover]") == 0
        said = browser.evaluate("[...document.querySelectorAll('.item table.data td')].map((cell) => cell.textContent)")
        assert hostile == "" or said == [hostile[:60] + "…" if len(hostile) > 60 else hostile] * 2


def test_graphs_trees_and_code_of_symbols(browser: Browser, tmp_path: Path) -> None:
    steps = f"{{'START': ['{HOSTILE.replace(chr(39), '')}'], '{HOSTILE.replace(chr(39), '')}': ['END'], 'END': []}}"
    symbols = {
        "steps": ("graph", ["{'START': ['1'], '1': ['END'], 'END': []}\n{'1': '10 min'}", steps]),
        "calls": ("top", ["[IN:CALL [SL:CONTACT mum ] ]", f"[IN:CALL {HOSTILE} ]"]),
        "code": ("python", [f"def solution():\n    return 'text' # {HOSTILE}"]),
        "logic": ("fol", ["∀x (cat(x) → ¬dog2(x))"]),
    }
    browser.open(Path(write_report([symbolic_run(tmp_path / "run", symbols)], tmp_path / "out")["page"]), width=360)
    open_items(browser, 6)
    assert number(browser, "svg.step-drawing .node") >= 3 and number(browser, "ul.tree") == 2
    words = browser.evaluate("[...document.querySelectorAll('.code-word')].map((word) => word.textContent)")
    assert words == ["def", "return", "∀", "→", "¬"]
    assert browser.evaluate("document.documentElement.scrollWidth") <= 360
    assert browser.evaluate("document.title") == "symbol-llm report" and browser.complaints == []


def test_pictures_are_drawn_and_run_nothing(browser: Browser, tmp_path: Path) -> None:
    run = symbolic_run(tmp_path / "run", {"mine": ("text", ["x"])})
    write(run / "analysis/alignment.json", alignment_document())
    browser.open(Path(write_report([run], tmp_path / "out")["page"]))
    browser.evaluate("document.getElementById('analyses').scrollIntoView()")
    until(lambda: browser.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 100)"))
    assert browser.complaints == [] and browser.evaluate("document.title") == "symbol-llm report"


def test_many_items_are_searched_and_unpacked_when_shown(browser: Browser, tmp_path: Path) -> None:
    run = symbolic_run(
        tmp_path / "run", {f"task_{k}": ("text", [f"symbol {k} {i}" for i in range(250)]) for k in range(8)}
    )
    browser.open(Path(write_report([run], tmp_path / "out")["page"]))
    until(lambda: number(browser, ".item") == 25)
    assert browser.evaluate("unpacked.size") == 1  # of twenty chunks
    type_text(browser, "symbol 7 249")
    says(browser, "1 items match; 1 shown")
    type_text(browser, "symbol")
    type_text(browser, "symbol 3 17")  # typed on before the first search has ended
    says(browser, "11 items match; 11 shown")
    assert number(browser, ".item") == 11 and browser.complaints == []
