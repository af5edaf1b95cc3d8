"""One collection of the seeds and the pairs of all rounds so far.

```
python -m recipes.self_training.gathering --seeds 1000 --out DATA --pairs ROUND1 ROUND2
DATA/raw/distilled/stories.jsonl     the pairs, one round after the other
DATA/collection                      what ``collect build`` makes of seeds and pairs
```
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from collection.build import BuildConfig, build
from recipes.self_training.story import TASK
from symbol_llm.ledger import make_folder, replacing

PAIRS_TASK = f"{TASK}_distilled"


def gather(pairs: list[Path], out: Path, num_seeds: int) -> None:
    """Build ``out``/collection."""
    folder = make_folder(out / "raw" / "distilled")
    with replacing(folder / f"{TASK}.jsonl") as part, part.open("wb") as file:
        for place in pairs:
            with (place / f"{TASK}.jsonl").open("rb") as lines:
                shutil.copyfileobj(lines, file)
    has_pairs = (folder / f"{TASK}.jsonl").stat().st_size > 0
    tasks = (TASK, PAIRS_TASK) if has_pairs else (TASK,)
    build(BuildConfig(tasks, limits={TASK: num_seeds}), out / "raw", out / "collection")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    gather(options.pairs, options.out, options.seeds)


if __name__ == "__main__":
    main()
