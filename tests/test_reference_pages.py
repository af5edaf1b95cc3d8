"""The reference pages: `make docs` builds them without a warning, and no text of a docstring is lost in them."""

from __future__ import annotations

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What pdoc and markdown write. A name in angle brackets that a docstring does not quote would be a tag, and unseen.
TAGS = """
    html head meta title style script link body nav main section header footer div span a h1 h2 h3 h4 h5 h6 p pre code
    em strong ul ol li dl dt dd table thead tbody tr th td input label button svg path defs details summary br hr
    blockquote img template wbr
"""


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.strange: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS.split():
            self.strange.append(tag)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages, by the recipe of the Makefile with the Python that runs this test."""
    folder = tmp_path_factory.mktemp("docs")
    command = ["make", "-s", "docs", "-o", "install", "-o", ".venv/.installed", f"DOCS={folder}"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, f"BIN={Path(sys.executable).parent}"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_file_has_its_page(pages: Path) -> None:
    files = [
        file.relative_to(ROOT).with_suffix(".html")
        for package in ("symbol_llm", "collection", "symbol_evol", "injection", "infusion", "eval", "recipes")
        for file in (ROOT / package).rglob("*.py")
        if not file.name.startswith("_")
    ]
    assert len(files) > 300
    assert [str(file) for file in files if not (pages / file).is_file()] == []


def test_no_text_of_a_docstring_is_taken_for_a_tag(pages: Path) -> None:
    strange = {
        str(page.relative_to(pages)): found
        for page in pages.rglob("*.html")
        if (found := Tags(page.read_text("utf-8")).strange)
    }
    assert strange == {}, "quote it as code"
