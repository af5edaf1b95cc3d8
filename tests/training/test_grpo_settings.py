"""Settings of reinforcement: known, typed, free of contradictions; what has no effect with a method is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.training import grpo
from symbol_llm.training.arguments import parse
from symbol_llm.training.config import load
from symbol_llm.training.grpo_batches import batch_shape
from symbol_llm.training.grpo_settings import Grpo
from symbol_llm.training.run_folder import lasting
from tests.training.small_run import REPOSITORY

ENOUGH: list[tuple[str, object]] = [
    ("data.path", "rows"), ("run.out", "run"), ("run.steps", 8), ("run.save_every", 8), ("method", "grpo"),
    ("model.path", "m"), ("grpo.reward", "procedures"),
]  # fmt: skip
SUPERVISED: list[tuple[str, object]] = [
    ("data.path", "rows"), ("run.out", "run"), ("run.steps", 8), ("batch.step_tokens", 4096),
]  # fmt: skip


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (("method", "ppo"), ["setting method", "sft, grpo"]),
        (("grpo.rewards", "procedures"), ["unknown setting under grpo", "Did you mean reward"]),
        (("grpo.reward", ""), ["no reward", "symbol-llm eval list"]),
        (("model.path", None), ["random weights", "method: sft"]),
        (("grpo.generations", 1), ["no group"]),
        (("grpo.temperature", 0), ["grpo.temperature", "above 0"]),
        (("grpo.top_p", 1.5), ["grpo.top_p", "at most 1"]),
        (("grpo.beta", -1), ["grpo.beta", "no reference model"]),
        (("grpo.loss", "ppo"), ["grpo.loss", "dr_grpo"]),
        (("grpo.updates", 7), ["512 completions", "grpo.updates = 7"]),
        (("grpo.updates", 16), ["run.steps = 8", "multiple of grpo.updates = 16"]),
        (("batch.step_rows", 8), ["batch.step_rows", "no effect with method grpo"]),
        (("evaluation.every", 5), ["evaluation.every", "symbol-llm eval"]),
        (("data.too_long", "truncate"), ["a prompt that is cut"]),
    ],
)
def test_wrong_settings_are_explained(override: tuple[str, object], words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        load(None, [*ENOUGH, override], "injection")
    for word in words:
        assert word in str(caught.value)


def test_settings_of_reinforcement_mean_nothing_to_supervised_training() -> None:
    with pytest.raises(UserError, match=r"grpo\.beta: no effect with method sft"):
        load(None, [*SUPERVISED, ("grpo.beta", 0.1)], "injection")


def test_the_command_line_chooses_the_method() -> None:
    line = ["--data", "rows", "--out", "run", "--model", "m", "--run.steps", "3", "--run.save_every", "3"]
    config = parse("infusion", [*line, "--method", "grpo", "--grpo.reward", "gsm8k", "--grpo.prompts", "4"])
    assert config.method == "grpo" and config.grpo.reward == "gsm8k" and config.grpo.prompts == 4


def test_a_configuration_shows_only_what_its_method_uses() -> None:
    supervised, rewarded = load(None, SUPERVISED, "injection"), load(None, ENOUGH, "injection")
    assert not {"method", "grpo"} & supervised.to_json().keys(), "checkpoints of older runs must go on"
    assert not {"batch", "evaluation"} & rewarded.to_json().keys()
    for config in (supervised, rewarded):
        assert load(None, list(yaml.safe_load(yaml.safe_dump(config.to_json())).items()), "injection") == config


def test_workers_may_change_when_a_run_goes_on_the_reward_may_not() -> None:
    one = lasting(load(None, ENOUGH, "injection"))
    assert lasting(load(None, [*ENOUGH, ("grpo.workers", 7)], "injection")) == one
    assert lasting(load(None, [*ENOUGH, ("grpo.reward", "gsm8k")], "injection")) != one


def test_a_batch_is_cut_evenly() -> None:
    grpo_ = Grpo(reward="procedures", prompts=6, generations=4, updates=2, micro_batch=5)
    assert batch_shape(grpo_, 1) == (4, 3)  # 12 completions an update, at most 5 at once
    assert batch_shape(grpo_, 3) == (4, 1)
    with pytest.raises(UserError, match=r"24 cannot be shared evenly by 5 processes"):
        batch_shape(grpo_, 5)


def test_trl_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(None, ENOUGH, "injection")
    monkeypatch.setattr(grpo, "find_spec", lambda name: None)
    with pytest.raises(EngineMissing, match=r'pip install "symbol-llm\[grpo\]"'):
        grpo.require_trl(config)
    monkeypatch.setattr(grpo, "find_spec", lambda name: None if name == "vllm" else name)
    grpo.require_trl(config)
    with pytest.raises(EngineMissing, match="vLLM"):
        grpo.require_trl(load(None, [*ENOUGH, ("grpo.vllm", True)], "injection"))


@pytest.mark.parametrize("version", ["1.0.0", "1.16rc1", "2.0.0", "2.0rc1"])
def test_another_trl_is_refused(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpo, "version", lambda name: version)
    told = re.escape(f'TRL {version} is installed, method grpo needs another: pip install "trl<2,>=1.16"')
    with pytest.raises(UserError, match=told):
        grpo.require_trl(load(None, ENOUGH, "injection"))


@pytest.mark.parametrize("version", ["1.16.0", "1.16.0+cu129", "1.17rc1", "1.17.0.dev0", "1.20"])
def test_every_trl_of_the_range_is_taken(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpo, "version", lambda name: version)
    grpo.require_trl(load(None, ENOUGH, "injection"))


PAPER = sorted(path for stage in ("injection", "infusion") for path in (REPOSITORY / stage).glob("configs/*-grpo.yaml"))


@pytest.mark.parametrize("file", PAPER, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_shipped_configurations_are_the_papers(file: Path) -> None:
    stage = file.parent.parent.name
    config = parse(stage, ["--config", str(file), "--data", "rows", "--out", "run", "--model", "m"])
    assert config.method == "grpo" and config.grpo.reward == "procedures"
    if "qwen" not in file.stem:
        return
    settings = config.grpo
    assert (settings.prompts, settings.generations, settings.max_new_tokens) == (512, 16, 6000)
    assert settings.prompts * settings.generations // settings.updates == 128, "samples of an update"
    assert config.run.steps == 40 * settings.updates, "40 batches"
    assert (config.optimizer.learning_rate, settings.beta, settings.temperature) == (1e-6, 0.01, 1.0)
    assert config.data.prompt_format == "chat" and config.data.max_tokens == 2048
    gpus = {"1.5b": 1, "3b": 2, "7b": 8}[file.stem.split("-")[2]]
    assert batch_shape(settings, gpus).micro_batch == settings.micro_batch


def test_both_stages_have_them() -> None:
    sizes = {"1.5b", "3b", "7b"}
    wanted = {f"procedures-qwen2.5-{size}-grpo.yaml" for size in sizes} | {"tiny-cpu-grpo.yaml"}
    for stage in ("injection", "infusion"):
        assert {path.name for path in PAPER if path.parent.parent.name == stage} == wanted
