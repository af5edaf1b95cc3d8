"""Where the fixtures of the collection lie: own rows in the upstream's formats."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def raw() -> Path:
    return Path(__file__).parent / "fixtures" / "raw"
