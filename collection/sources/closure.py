"""CLOSURE: questions in the form of CLEVR v1.0 over CLEVR's validation scenes, with programs seldom seen in CLEVR.

    closure/and_mat_spa_baseline.json      {"questions": [{"question": …, "program": […], "answer": "yes",
                                            "image_filename": "CLEVR_val_000012.png", …}, …]}
    closure/CLEVR_val_scenes.json          {"scenes": […]}

Becomes what a row of ``clevr`` becomes; a benchmark of delegation and a test of the executor, not a task of the
collection. Upstream ships its questions without scenes; those of CLEVR v1.0's validation split serve as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from collection.sources.base import FilesMissing, Licence, Row, Upstream
from collection.sources.clevr import Clevr, join_scene, read_scenes
from collection.sources.json_array import read_json_array
from symbol_llm.record import Split

_SCENES = ("closure/CLEVR_val_scenes.json", "CLEVR_v1.0/scenes/CLEVR_val_scenes.json")


class Closure(Clevr):
    """All question files of CLOSURE that are there, in the order of their names."""

    task = "closure"
    licence = Licence("MIT", True)
    upstream = Upstream(
        dataset="clevr",
        url="https://github.com/rizar/CLOSURE",
        revision="baseline and val files",
        citation=(
            "Dzmitry Bahdanau, Harm de Vries, Timothy J. O'Donnell, Shikhar Murty, Philippe Beaudoin, Yoshua Bengio "
            "and Aaron Courville. 2019. CLOSURE: Assessing Systematic Generalization of CLEVR Models. arXiv:1912.05783."
        ),
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Questions joined with their scenes. Raises FilesMissing if there are no questions."""
        paths = [
            path
            for path in sorted((folder / "closure").glob("*.json"))
            if path.stem.endswith(("_baseline", "_val", "_test"))
        ]
        if not paths:
            raise FilesMissing(f"{folder}: no question files of CLOSURE are here (closure/and_mat_spa_val.json, …)")
        scenes: dict[str, bytes] = {}
        for name in reversed(_SCENES):
            scenes |= read_scenes(folder / name)
        for path in paths:
            for index, question in enumerate(read_json_array(path, "questions")):
                yield Row(path.relative_to(folder).as_posix(), index, Split.TEST, join_scene(question, scenes))


CLOSURE = Closure()
