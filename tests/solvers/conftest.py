"""What the modules share: a sandbox per level of isolation, a geometry solver, a folder no program must reach."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers import Solver, get
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.sandbox import Sandbox


def started(level: Isolation) -> Iterator[Sandbox]:
    """A sandbox at exactly this level, or the test is skipped with the kernel's reason."""
    with Sandbox(size=1, minimum_isolation=level, strongest=level) as sandbox:
        try:
            sandbox.isolation  # noqa: B018 - starts it
        except UserError as error:
            pytest.skip(str(error))
        yield sandbox


@pytest.fixture(scope="module", params=[Isolation.FULL, Isolation.LANDLOCK], ids=["namespaces", "landlock"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    yield from started(request.param)


@pytest.fixture(scope="module")
def geometry() -> Iterator[Solver]:
    with get("geometry") as solver:
        yield solver


@pytest.fixture(scope="module")
def outside() -> Iterator[Path]:
    # Not tmp_path: its parents are closed to other users, which would protect it without any sandbox.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        (Path(folder) / "secret").write_text("secret")
        (Path(folder) / "secret").chmod(0o644)
        yield Path(folder)
