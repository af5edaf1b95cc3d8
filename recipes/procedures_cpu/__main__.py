"""``python -m recipes.procedures_cpu --out runs/procedures-cpu``."""

from __future__ import annotations

from recipes.procedures_cpu.cli import app
from symbol_llm.cli import run

if __name__ == "__main__":
    run(app)
