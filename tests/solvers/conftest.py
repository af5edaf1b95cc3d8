"""One sandbox per test module and level of isolation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from symbol_llm.errors import UserError
from symbol_llm.solvers.isolation import Isolation
from symbol_llm.solvers.sandbox import Sandbox


@pytest.fixture(scope="module", params=[Isolation.FULL, Isolation.LANDLOCK], ids=["namespaces", "landlock"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(size=1, minimum_isolation=request.param, strongest=request.param) as sandbox:
        try:
            sandbox.isolation  # noqa: B018 - starts it
        except UserError as error:
            pytest.skip(str(error))
        yield sandbox
