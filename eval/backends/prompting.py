"""A prompt as token ids, exactly as training encoded it: raw, or in the turns of the model's chat template.

    raw    <s> The command is: jump \\n
    chat   <s> [INST] The command is: jump [/INST]

A folder that symbol-llm trained says which by its card and its template: one that was trained raw carries the raw
template. Of any other model nothing is known, and it is asked raw, as the paper's own evaluation asks.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any

from symbol_llm.errors import UserError
from symbol_llm.training.encoding import RAW_TEMPLATE, PromptEncoder


class Template(StrEnum):
    """How a prompt is put to a model."""

    RAW = "raw"
    CHAT = "chat"


def trained_template(folder: Path) -> Template:
    """What a model folder says of its training; RAW for a hub id, and where it says nothing."""
    template = _chat_template(folder)
    is_chat = _is_ours(folder) and template is not None and template.strip() != RAW_TEMPLATE
    return Template.CHAT if is_chat else Template.RAW


def _is_ours(folder: Path) -> bool:
    """Whether the card is one that symbol-llm writes: its header is tagged so."""
    import yaml

    card = folder / "README.md"
    if not card.is_file():
        return False
    _, _, rest = card.read_text("utf-8", "replace").partition("---\n")
    try:
        header = yaml.safe_load(rest.partition("\n---")[0])
    except yaml.YAMLError:
        return False
    tags = header.get("tags") if isinstance(header, dict) else None
    return isinstance(tags, list) and "symbol-llm" in tags


def _chat_template(folder: Path) -> str | None:
    alone, config = folder / "chat_template.jinja", folder / "tokenizer_config.json"
    if alone.is_file():
        return alone.read_text("utf-8")
    try:
        template = json.loads(config.read_text("utf-8")).get("chat_template")
    except (OSError, ValueError, AttributeError):
        return None  # the tokenizer itself says what is wrong with its files, when it is loaded
    return template if isinstance(template, str) else None


def prompt_encoder(tokenizer: Any, template: Template) -> PromptEncoder:
    """Token ids of prompts. Raises UserError for ``chat`` with a tokenizer that has no chat template."""
    if template is Template.CHAT and not tokenizer.chat_template:
        raise UserError("--template chat: the tokenizer has no chat template. Use --template raw")
    return PromptEncoder(tokenizer, template)
