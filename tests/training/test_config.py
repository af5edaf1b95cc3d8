"""Settings are known, typed and free of contradictions, or the error says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from symbol_llm.errors import UserError
from symbol_llm.training.arguments import parse
from symbol_llm.training.config import load
from tests.training.small_run import REPOSITORY

ENOUGH = [("data.path", "rows"), ("run.out", "run"), ("run.steps", 5), ("batch.step_tokens", 4096)]


def test_overrides_are_typed_by_their_setting() -> None:
    config = load(None, [*ENOUGH, ("optimizer.learning_rate", "2e-3"), ("batch.share_prefixes", "false")], "injection")
    assert config.optimizer.learning_rate == 0.002 and config.batch.share_prefixes is False
    assert config.data.path == ("rows",)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (("optimizer.learning_rat", "1"), ["unknown setting under optimizer", "Did you mean learning_rate"]),
        (("optimiser.clip", "1"), ["unknown setting 'optimiser'", "optimizer"]),
        (("run.steps", "many"), ["run.steps", "'many' is not a whole number"]),
        (("deepspeed.stage", "4"), ["deepspeed.stage", "0, 1, 2, 3"]),
        (("data.max_tokens", 9_999), ["batch.pack_tokens"]),
        (("run.epochs", 1), ["exactly one of run.steps and run.epochs"]),
        (("batch.step_rows", 128), ["exactly one of batch.step_tokens and batch.step_rows"]),
        (("model.hidden_size", 100), ["multiple of model.heads"]),
        (("run.steps", 0), ["above 0"]),
        (("run.steps.more", 1), ["'steps' is a value"]),
        (("data.mixture.counts", {"scan": "x"}), ["data.mixture.counts.scan"]),
    ],
)
def test_wrong_settings_are_explained(override: tuple[str, object], words: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        load(None, [*ENOUGH, override], "injection")
    for word in words:
        assert word in str(caught.value)


def test_what_a_run_cannot_do_without() -> None:
    with pytest.raises(UserError, match="--data"):
        load(None, [], "injection")
    with pytest.raises(UserError, match="--out"):
        load(None, [("data.path", "rows")], "injection")
    with pytest.raises(UserError, match="--model"):
        load(None, ENOUGH, "infusion")


def test_a_stage_refuses_the_configuration_of_another(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("stage: infusion\n")
    with pytest.raises(UserError, match=r"start infusion/train\.py"):
        load(file, ENOUGH, "injection")


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        load(tmp_path / "none.yaml", ENOUGH, "injection")
    (tmp_path / "bad.yaml").write_text("run: {steps: [")
    with pytest.raises(UserError, match="not YAML"):
        load(tmp_path / "bad.yaml", ENOUGH, "injection")
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(UserError, match="mapping"):
        load(tmp_path / "list.yaml", ENOUGH, "injection")


@pytest.mark.parametrize("stage", ["injection", "infusion"])
def test_every_shipped_configuration_loads(stage: str) -> None:
    files = sorted((REPOSITORY / stage / "configs").glob("*.yaml"))
    assert {"tiny-cpu", "llama2-7b", "llama2-13b"} <= {file.stem for file in files}
    for file in files:
        config = parse(
            stage, ["--config", str(file), "--data", "rows", "--out", "run", "--model", "m", "--local_rank=0"]
        )
        assert config.stage == stage
        again = yaml.safe_load(yaml.safe_dump(config.to_json()))
        assert load(None, list(again.items()), stage) == config


def test_the_command_line() -> None:
    line = ["--data", "a", "b", "--out", "r", "--zero", "3", "--run.steps=7", "--batch.step_rows", "9", "--model", "m"]
    config = parse("injection", [*line, "--data.mixture.counts.scan", "5"])
    assert config.data.path == ("a", "b") and config.deepspeed.stage == 3 and config.model.path == "m"
    assert config.run.steps == 7 and config.data.mixture.counts == {"scan": 5}
    with pytest.raises(UserError, match="unknown option '--stepz'"):
        parse("injection", ["--stepz", "7"])
    with pytest.raises(UserError, match="a value is missing"):
        parse("injection", ["--run.steps"])
