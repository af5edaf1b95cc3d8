"""A tiny tokenised collection that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from symbol_llm.training.config import Config, load
from symbol_llm.training.data import Store, build_store, open_store
from symbol_llm.training.model import load_tokenizer, prepare_tokenizer
from tests.training.small_run import write_collection


class Prepared(NamedTuple):
    config: Config
    store: Store
    tokenizer: object


def configure(data: Path, out: Path, *settings: tuple[str, object]) -> Config:
    """A configuration of the small model, as the command line would give it."""
    small = {
        "model.hidden_size": 32, "model.layers": 2, "model.heads": 2, "model.kv_heads": 1, "run.steps": 3,
        "model.intermediate_size": 64, "tokenizer.vocab_size": 330, "data.max_tokens": 200, "run.log_every": 1,
        "batch.pack_tokens": 256, "batch.step_tokens": 512, "data.path": (str(data),), "run.out": str(out),
        "deepspeed.stage": 0, "optimizer.learning_rate": 1e-2, "run.tensorboard": False,
    }  # fmt: skip
    return load(None, [*small.items(), *settings], "injection")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Models of a few thousand parameters are slower on many threads, much slower on a busy machine."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    config = configure(write_collection(folder / "collection"), folder / "run")
    prepare_tokenizer(config, folder / "run" / "tokenizer")
    tokenizer = load_tokenizer(folder / "run" / "tokenizer")
    build_store(config.data, tokenizer, folder / "run" / "data")
    return Prepared(config, open_store(folder / "run" / "data"), tokenizer)
