"""The report page in a real headless Chromium, opened from its file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eval.report import write_report
from tests.eval.browser import Browser, find_chromium
from tests.eval.made_run import ATTACKS, made_run

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


def test_text_is_readable_against_its_ground(browser: Browser, page: Path) -> None:
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
    for is_dark in (False, True):
        browser.open(page, is_dark=is_dark)
        assert browser.evaluate(contrast) == []


def test_filters_search_and_more(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert number(browser, ".item") == 25
    browser.evaluate("document.getElementById('more').click()")
    assert number(browser, ".item") == 50
    choose = (
        "(() => {{ const field = document.getElementById({0!r}); field.value = {1!r};"
        "field.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"
    )
    status = "document.getElementById('item-count').textContent"
    browser.evaluate(choose.format("filter-task", "delegated: theories"))
    assert browser.evaluate(status) == "40 items match; 25 shown"
    browser.evaluate(choose.format("filter-outcome", "parse_error"))
    assert browser.evaluate(status) == "2 items match; 2 shown"
    assert browser.evaluate("document.getElementById('more').hidden") is True
    browser.evaluate(choose.format("filter-outcome", ""))
    browser.evaluate(choose.format("filter-text", "NUMBER 39."))
    assert browser.evaluate(status) == "1 items match; 1 shown"
    browser.evaluate(choose.format("filter-text", "nowhere to be found"))
    assert browser.evaluate(status) == "No item matches."
    assert browser.complaints == []


def test_an_item_opens_by_keyboard(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.evaluate("document.querySelectorAll('.item summary')[10].focus()")
    browser.press("Enter")
    until(lambda: number(browser, ".item dl") == 1)
    shown = browser.evaluate("[...document.querySelectorAll('.item dt')].map((title) => title.textContent)")
    assert shown[:3] == ["Prompt", "Symbol", "Gold symbol"] and shown[-1] == "Item"


def test_model_output_never_runs(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.evaluate("document.querySelectorAll('.item').forEach((item) => { item.open = true; })")
    until(lambda: number(browser, ".item dl") == 25)
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


def test_an_empty_run_still_gives_a_page(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    browser.open(Path(write_report([tmp_path / "run"], tmp_path / "out")["page"]))
    assert browser.complaints == []
    assert "no symbolic scores" in browser.evaluate("document.getElementById('notes').textContent")
    assert browser.evaluate("document.getElementById('item-count').textContent") == "No item matches."
