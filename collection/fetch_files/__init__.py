"""The upstream files of every dataset: where they are, what pins them, where they go below RAW.

    DATASETS["folio"].files[0].url   ->   https://raw.githubusercontent.com/Yale-LILY/FOLIO/5d7bb84c…/data/v0.0/…

A new dataset is one entry in the module of its family. Take the digest from the files themselves (``sha256sum``) or
from the commit (``git ls-tree``), never from elsewhere without a second witness; where none is to be had, leave it
out and say why in ``why_no_digest``.
"""

from __future__ import annotations

from collection.fetch_files import benchmarks, instructions, logics, meanings, programs, queries
from collection.fetch_files.kinds import Dataset

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for module in (logics, queries, meanings, programs, instructions, benchmarks)
    for dataset in module.DATASETS
}
