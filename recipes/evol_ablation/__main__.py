"""``python -m recipes.evol_ablation --out runs/evol-ablation``."""

from __future__ import annotations

from recipes.evol_ablation.cli import app
from symbol_llm.cli import run

if __name__ == "__main__":
    run(app)
