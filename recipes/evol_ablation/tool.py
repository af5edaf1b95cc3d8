"""``python -m recipes.evol_ablation.tool …`` is ``symbol-llm …``, also where only this folder's code is at hand."""

from __future__ import annotations

from symbol_llm.cli import main

if __name__ == "__main__":
    main()
