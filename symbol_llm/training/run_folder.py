"""The folder of a run: written by its first process, read by all, gone on from by the same command.

RUN/config.yaml                     every setting, resolved
RUN/checkpoints/checkpoint-500/     with the settings that a run that goes on must share

error: RUN/checkpoints/checkpoint-500 belongs to a run with other settings: config.optimizer.clip was 1.0 and is 2.0
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from symbol_llm.errors import UserError
from symbol_llm.ledger import write_json
from symbol_llm.training import checkpoints
from symbol_llm.training.config import Config
from symbol_llm.training.distributed import on_first_rank, rank, world_size

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_STOPPED_NOTE = "stopped.json"  # stands while a run that SIGTERM stopped waits to go on, see recipes/slurm.sh
_STOPPED = 143  # the exit code of a run that SIGTERM stopped: 128 + 15


def say(text: str) -> None:
    """Print from the first process."""
    if rank() == 0:
        print(text, flush=True)


def check_writable(out: Path) -> None:
    """Raises UserError if nothing can be written there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".probe-{rank()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise UserError(f"{out}: cannot write there ({error.strerror}). Give another --out") from error


def open_tokenizer(config: Config, out: Path) -> PreTrainedTokenizerBase:
    """Begin or go on with a run: its tokenizer, which the first process prepares. Raises UserError."""
    from symbol_llm.training import model

    def prepare() -> None:
        (out / _STOPPED_NOTE).unlink(missing_ok=True)
        model.prepare_tokenizer(config, out / "tokenizer")

    on_first_rank(prepare)
    check_shared(out)
    return model.load_tokenizer(out / "tokenizer")


def check_shared(out: Path) -> None:
    """Raises UserError on a node that does not see what the first one writes."""
    if not (out / "tokenizer" / "tokenizer.json").is_file():
        raise UserError(
            f"{out} on {socket.gethostname()} is not the folder that the first node writes: with several nodes, "
            "--out must be on a file system that all of them share"
        )


def write_config(out: Path, config: Config, deepspeed: Any) -> None:
    """Write the resolved configuration, and DeepSpeed's."""
    (out / "config.yaml").write_text(show(config), encoding="utf-8")
    if deepspeed:
        (out / "deepspeed.json").write_bytes(orjson.dumps(deepspeed, option=orjson.OPT_INDENT_2))


def stopped(out: Path, step: int, num_steps: int) -> int:
    """Say that SIGTERM stopped the run after a checkpoint, and leave a note of it; returns the exit code."""
    on_first_rank(lambda: write_json(out / _STOPPED_NOTE, {"step": step, "of": num_steps}))
    say(f"stopped at step {step} of {num_steps}, checkpoint saved. The same command goes on")
    return _STOPPED


def show(config: Config) -> str:
    """The configuration as YAML."""
    import yaml

    text: str = yaml.safe_dump(config.to_json(), sort_keys=False, allow_unicode=True)
    return text


def lasting(config: Config) -> dict[str, Any]:
    """The settings that decide what is learnt; how often to log or save may change when a run goes on."""
    tree = config.to_json()
    tree["run"] = {key: tree["run"][key] for key in ("steps", "epochs", "seed")}
    tree["data"].pop("path")  # the fingerprint stands for the content
    tree["model"].pop("path")
    tree["deepspeed"].pop("shm_comm")
    tree.get("grpo", {}).pop("workers", None)
    evaluation = tree.pop("evaluation", {"patience": None})
    if evaluation["patience"] is not None:  # only then does it decide what is learnt
        tree["evaluation"] = {key: evaluation[key] for key in ("every", "split", "rows", "patience")}
    return tree


def find_checkpoint(folder: Path, settings: dict[str, Any]) -> checkpoints.Checkpoint | None:
    """The checkpoint to go on from, once the first process has cleared away what was cut off.

    Raises UserError if it belongs to a run with other settings.
    """

    def clear() -> None:
        if names := checkpoints.clear_incomplete(folder):
            say(f"removed incomplete checkpoints: {', '.join(names)}")

    on_first_rank(clear)
    resumed = checkpoints.newest(folder)
    if resumed:
        checkpoint = resumed
        checkpoints.check_same_run(checkpoint, settings)
        if checkpoint.world_size != world_size():
            on_first_rank(lambda: checkpoints.make_universal(checkpoint))
        say(f"going on from {checkpoint.folder} at step {checkpoint.step}")
    return resumed
