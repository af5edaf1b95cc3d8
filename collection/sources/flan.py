"""The FLAN Collection, rendered: academic tasks as instructions, with and without options and demonstrations.

    {"inputs": "Is it true that fish swim?\\nOPTIONS:\\n- yes\\n- no", "targets": "yes", "task_source": "Flan2021",
     "task_name": "bool_q:1.0.0", "template_type": "zs_opt"}
    ->  input the inputs, completion the targets, group "bool_q:1.0.0"

Upstream's repository holds the generator; rendered rows are published by sub-mixture (flan2021, t0, niv2, cot,
dialog: ``<name>_submix_original``) as Parquet shards or JSON lines of any name, in folders of any name. All such files
below the dataset's folder are read, in the order of their names; they have no splits. flan_collection_info.csv
lists the tasks and has no rows:
where it stands alone, the files are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from collection.sources.base import FilesMissing, Licence, Row, Upstream
from collection.sources.instruction_rows import Fields, InstructionSource
from collection.sources.row_files import read_row_file
from symbol_llm.record import Split

_ENDINGS = (".parquet", ".jsonl", ".jsonl.gz")


class Flan(InstructionSource):
    task = "flan"
    licence = Licence("mixed: each task keeps its own", False)
    fields = Fields("inputs", "targets", group="task_name")
    upstream = Upstream(
        dataset="flan",
        url="https://github.com/google-research/FLAN",
        revision="v2",
        citation="Longpre et al. 2023. The Flan Collection: Designing Data and Methods for Effective Instruction "
        "Tuning. ICML. arXiv:2301.13688.",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rendered rows. Raises FilesMissing if there are none, UserError if a file cannot be read."""
        paths = sorted(path for path in folder.rglob("*") if path.name.endswith(_ENDINGS) and path.is_file())
        if not paths:
            raise FilesMissing(
                f"{folder}: no rendered rows of FLAN are here (*.parquet, *.jsonl or *.jsonl.gz with inputs and "
                "targets, as in flan2021_submix_original; flan_collection_info.csv only lists the tasks). "
                "Place them there, or pass the folder that holds the datasets with --raw"
            )
        for path in paths:
            yield from read_row_file(path, folder, Split.TRAIN)


FLAN = Flan()
