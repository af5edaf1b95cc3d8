"""The typed configuration of a training run, read from YAML and dotted overrides.

    deepspeed --num_gpus 2 injection/train.py --config injection/configs/tiny-cpu.yaml --run.steps 200

    model:     {hidden_size: 128}        batch: {pack_tokens: 2048, step_tokens: 4096}
    optimizer: {learning_rate: 2.0e-3}   run:   {steps: 1500}

Every key is known and typed; an unknown key is an error that names the nearest known one.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from symbol_llm.errors import UserError, unknown_name
from symbol_llm.training.grpo_settings import Grpo, check_grpo, refuse_grpo

ORIGINS = ("existing", "distilled", "evolved", "generated")


@dataclass(frozen=True, kw_only=True)
class Model:
    """The starting weights: a folder or hub id, or a LLaMA built from the sizes below."""

    path: str | None = None
    hidden_size: int = 192
    layers: int = 4
    heads: int = 6
    kv_heads: int = 6
    intermediate_size: int = 512
    max_positions: int = 2048
    tie_embeddings: bool = True
    init_std: float = 0.02  # of random weights
    dtype: Literal["float32", "bfloat16"] = "float32"
    activation_checkpointing: bool = False


@dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """The byte-level BPE that is trained on the rows when the model is built from its sizes."""

    vocab_size: int = 2048
    max_rows: int = 50_000  # rows it is trained on, spread evenly over the data


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """How many rows of each group one epoch takes: counts, or shares of ``rows``.

    A group is ``symbolic`` (format other than text), ``general`` (format text) or a task. A row belongs to its
    task's group if there is one; a group of 0 is left out. With neither counts nor shares, an epoch is every row once.
    """

    counts: dict[str, int] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    rows: int | None = None  # rows of an epoch under ``shares``; default: as many rows as the groups have


@dataclass(frozen=True, kw_only=True)
class Data:
    """The rows: collection folders, Parquet or JSONL files with prompt and completion columns.

    With method grpo the columns are prompt and what the reward needs: answer, and context and world where it has them.

    ``prompt_format`` raw: the completion follows the prompt at once. chat: both go through the chat template of the
    starting model. ``without`` leaves out rows by origin (existing, distilled, evolved, generated), for ablations.
    """

    path: tuple[str, ...] = ()
    split: str = "train"
    prompt_format: Literal["raw", "chat"] = "raw"
    without: tuple[str, ...] = ()
    max_tokens: int = 2048  # longest row, special tokens included; with method grpo the longest prompt
    too_long: Literal["drop", "truncate"] = "drop"
    mixture: Mixture = Mixture()


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Packs and steps. A step takes about ``step_tokens`` computed tokens, or about ``step_rows`` rows.

    ``mode`` packed: rows one after the other, told apart by our attention; masked: the same, told apart by a mask that
    the model's own attention is given; padded: rows side by side, padded; bucketed: likewise, rows of like length.
    """

    mode: Literal["packed", "masked", "padded", "bucketed"] = "packed"
    pack_tokens: int = 2048  # computed tokens of one process in one forward pass
    step_tokens: int | None = None
    step_rows: int | None = None
    share_prefixes: bool = True  # compute what rows of a pack begin with only once (packed, masked)
    max_branches: int = 8  # rows that are put into one pack because they begin alike


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Held-out loss per task every so many steps, and by option a quick score of generated symbols.

    With evaluation on, the checkpoint of lowest held-out loss is always kept. ``patience`` stops the run after so many
    evaluations without a lower loss.
    """

    every: int | None = None  # steps
    split: str = "validation"
    rows: int = 64  # of each task at most
    score_items: int = 0  # of each task: generate, then compare with the format's own exactness and equivalence
    max_new_tokens: int = 256
    patience: int | None = None
    export: Literal["last", "best"] = "last"  # which weights become RUN/model


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """AdamW and its schedule. ``warmup`` counts steps from 1 on, and is a share of all steps below 1."""

    learning_rate: float = 2e-5
    schedule: Literal["linear", "cosine", "constant_with_warmup"] = "linear"
    warmup: float = 0.03
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    clip: float = 1.0  # largest gradient norm


@dataclass(frozen=True, kw_only=True)
class DeepSpeed:
    """ZeRO stage and offload. Stage 0 trains without DeepSpeed, in one process."""

    stage: Literal[0, 1, 2, 3] = 2
    offload: Literal["none", "optimizer", "all"] = "none"
    shm_comm: bool = False  # compile DeepSpeed's shared-memory collectives for CPU (needs g++; a minute, once)


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where and how long. Exactly one of ``steps`` and ``epochs``."""

    out: str = ""
    steps: int | None = None
    epochs: int | None = None
    seed: int = 0
    threads: int | None = None  # per process on CPU; default: cores shared evenly, or OMP_NUM_THREADS
    log_every: int = 10
    save_every: int = 500
    keep: int = 2  # complete checkpoints that stay
    tensorboard: bool = True


@dataclass(frozen=True, kw_only=True)
class Config:
    """A run. ``method`` sft learns completions that are given, grpo those of its own that a verifier rewards."""

    stage: Literal["injection", "infusion"]
    method: Literal["sft", "grpo"] = "sft"
    model: Model = Model()
    tokenizer: Tokenizer = Tokenizer()
    data: Data = Data()
    batch: Batch = Batch()
    grpo: Grpo = field(default_factory=Grpo)
    evaluation: Evaluation = Evaluation()
    optimizer: Optimizer = Optimizer()
    deepspeed: DeepSpeed = DeepSpeed()
    run: Run = Run()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, nested as in the YAML file, without the groups that the method has no use for."""
        plain: dict[str, Any] = _plain(dataclasses.asdict(self))
        for group in ("method", "grpo") if self.method == "sft" else ("batch", "evaluation"):
            del plain[group]
        return plain


def load(file: Path | None, overrides: Sequence[tuple[str, Any]], stage: str) -> Config:
    """Read a YAML file, lay dotted overrides over it, check and type everything.

    Raises UserError for an unreadable file, an unknown key, a value of the wrong type, or settings that
    contradict each other.
    """
    tree = _read_yaml(file) if file else {}
    tree.setdefault("stage", stage)
    if tree["stage"] != stage:
        raise UserError(
            f"{file}: this is a configuration for {tree['stage']!r}; start {tree['stage']}/train.py with it"
        )
    for key, value in overrides:
        *parents, last = key.split(".")
        here = tree
        for parent in parents:
            here = here.setdefault(parent, {})
            if not isinstance(here, dict):
                raise UserError(f"--{key}: {parent!r} is a value, not a group of settings")
        here[last] = value
    config = _build(Config, tree, "")
    _check(config)
    return config


def _read_yaml(file: Path) -> dict[str, Any]:
    import yaml

    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file}: cannot read the configuration ({error.strerror}). See injection/configs/") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: not YAML ({error})") from error
    if not isinstance(tree, dict):
        raise UserError(f"{file}: a configuration is a mapping of settings, such as 'run: {{steps: 100}}'")
    return tree


def _build(kind: Any, value: Any, where: str) -> Any:
    """A value of a type, or UserError naming the setting ``where``."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise UserError(f"setting {where}: a group of settings is needed here, not {value!r}")
        hints = typing.get_type_hints(kind)
        for key in value:
            if key not in hints:
                known = "those shown at the start of every run and in injection/configs/"
                raise unknown_name(f"setting under {where}" if where else "setting", str(key), hints, known)
        return kind(**{k: _build(hints[k], v, f"{where}.{k}" if where else str(k)) for k, v in value.items()})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in arguments if a is not type(None)]
        return None if value is None or value == "null" else _build(inner[0], value, where)
    if origin is Literal:
        if value in arguments:
            return value
        by_text = {str(argument): argument for argument in arguments}
        if str(value) in by_text:
            return by_text[str(value)]
        raise UserError(f"setting {where}: {value!r} is not one of {', '.join(by_text)}")
    if origin is tuple:
        items = value.split(",") if isinstance(value, str) and where != "data.path" else value
        items = [items] if isinstance(items, str) else items
        return tuple(_build(arguments[0], item, where) for item in items)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise UserError(f"setting {where}: a mapping of names to numbers is needed, not {value!r}")
        return {str(k): _build(arguments[1], v, f"{where}.{k}") for k, v in value.items()}
    return _scalar(kind, value, where)


def _scalar(kind: type, value: Any, where: str) -> Any:
    if kind is bool and str(value).lower() in {"true", "false"}:
        return str(value).lower() == "true"
    try:
        if kind is str and isinstance(value, str | int | float):
            return str(value)
        # YAML reads 2e-3 as text and a shell gives only text, so numbers are converted here.
        if kind is int and not isinstance(value, bool | float):
            return int(value)
        if kind is float and not isinstance(value, bool):
            return float(value)
    except (TypeError, ValueError):
        pass
    names: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    raise UserError(f"setting {where}: {value!r} is not {names[kind]}")


def _check(config: Config) -> None:
    run, batch, model = config.run, config.batch, config.model
    if not config.data.path:
        raise UserError("no data: pass --data with the folder that `symbol-llm collect build` wrote")
    if not run.out:
        raise UserError("no output folder: pass --out with the folder for the checkpoints and the model")
    if config.stage == "infusion" and model.path is None:
        raise UserError("no model: infusion goes on from the injected one. Pass --model with its folder, RUN/model")
    if (run.steps is None) == (run.epochs is None):
        raise UserError("set exactly one of run.steps and run.epochs (null switches the other off)")
    if config.method == "grpo":
        check_grpo(config)
    else:
        refuse_grpo(config)
        _check_packs(config)
    if model.hidden_size % model.heads or model.heads % model.kv_heads:
        raise UserError("model.hidden_size must be a multiple of model.heads, and that one of model.kv_heads")
    evaluation = config.evaluation
    if evaluation.every is None and (evaluation.patience is not None or evaluation.export == "best"):
        raise UserError("evaluation.patience and evaluation.export best need evaluation.every, in steps")
    if evaluation.every is not None and evaluation.split == config.data.split:
        raise UserError(f"evaluation.split and data.split are both {evaluation.split!r}: nothing would be held out")
    if config.data.prompt_format == "chat" and model.path is None:
        raise UserError("data.prompt_format chat needs a model with a chat template: give --model")
    for origin in config.data.without:
        if origin not in ORIGINS:
            raise unknown_name("origin under data.without", origin, ORIGINS, "symbol-llm collect stats OUT")
    mixture = config.data.mixture
    if mixture.counts and mixture.shares:
        raise UserError("data.mixture: give counts or shares, not both")
    positive = {
        "run.steps": run.steps, "run.epochs": run.epochs, "run.keep": run.keep, "run.log_every": run.log_every,
        "run.save_every": run.save_every, "run.threads": run.threads, "batch.pack_tokens": batch.pack_tokens,
        "batch.step_tokens": batch.step_tokens, "batch.step_rows": batch.step_rows,
        "batch.max_branches": batch.max_branches, "evaluation.every": evaluation.every,
        "evaluation.rows": evaluation.rows, "evaluation.max_new_tokens": evaluation.max_new_tokens,
        "evaluation.patience": evaluation.patience, "data.max_tokens": config.data.max_tokens,
        "optimizer.learning_rate": config.optimizer.learning_rate, "data.mixture.rows": mixture.rows,
    }  # fmt: skip
    for group, number in [*mixture.counts.items(), *mixture.shares.items()]:
        if not 0 <= number < float("inf"):
            raise UserError(f"setting data.mixture, {group}: {number} must be 0 (left out) or above")
    for name, value in positive.items():
        if value is not None and value <= 0:
            raise UserError(f"setting {name}: {value} must be above 0")


def _check_packs(config: Config) -> None:
    batch = config.batch
    if (batch.step_tokens is None) == (batch.step_rows is None):
        raise UserError("set exactly one of batch.step_tokens and batch.step_rows (null switches the other off)")
    if config.data.max_tokens > batch.pack_tokens:
        raise UserError(
            f"data.max_tokens is {config.data.max_tokens}, but a pack holds only batch.pack_tokens = "
            f"{batch.pack_tokens} tokens: raise the second or lower the first"
        )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
