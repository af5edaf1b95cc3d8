"""The whole way with a real model behind a real server: ``transformers serve`` and a tiny LLaMA."""

from __future__ import annotations

from pathlib import Path

from transformers import AutoTokenizer

from recipes.self_training.asking import served
from tests.collection.distill.test_run import Distill
from tests.eval.tiny_model import save_tiny_model

TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"


def test_a_model_of_ones_own_is_asked_and_judged(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", room=2_048)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    distill = Distill(tmp_path, limit=4)
    with served(folder, tmp_path / "server.log") as url:
        asked = ("--free", "--base-url", url, "--model", str(folder), "--in-flight", "2", "--temperature", "0")
        report = distill("run", *asked)
    answered = sum(number for name, number in report.items() if name.startswith("answered"))
    assert answered == 4 and not report["stopped"]
    result = distill("collect", "--out", str(tmp_path / "distilled"), "--model", str(folder), "--temperature", "0")
    assert result["questions"] == 4 and result["pairs"] == 0, "random weights solve nothing"
    assert "not answered" not in result["by state"]
    assert (tmp_path / "distilled" / "stories.rejects.jsonl").read_text().count("\n") == 4
