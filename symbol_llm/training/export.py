"""The finished model as a plain Hugging Face folder.

    RUN/model/   config.json, model.safetensors, tokenizer.json, chat_template.jinja, generation_config.json, README.md

`AutoModelForCausalLM.from_pretrained("RUN/model")` loads it, and so does vLLM. A run writes it at its end;
`symbol-llm export-model` makes it from any complete checkpoint, see `consolidate`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbol_llm import __version__
from symbol_llm.training.config import Config
from symbol_llm.training.encoding import RAW_TEMPLATE, TaskCount

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NAMES = {"injection": "Base", "infusion": "Instruct"}


def export_model(
    trainer: Any,
    tokenizer: PreTrainedTokenizerBase,
    config: Config,
    counts: Mapping[str, TaskCount],
    folder: Path,
    num_steps: int,
) -> None:
    """Write the trainer's weights; the folder appears whole or not at all. Every process must call this."""
    part = part_folder(folder)
    if trainer.args.should_save and part.exists():
        shutil.rmtree(part)
    trainer.accelerator.wait_for_everyone()
    trainer.save_model(str(part))
    if trainer.args.should_save:
        finish_folder(part, tokenizer, config, counts, num_steps)
        put_in_place(part, folder)
    trainer.accelerator.wait_for_everyone()


def part_folder(folder: Path) -> Path:
    """Where a folder is written before it is whole."""
    return folder.with_name(folder.name + ".part")


def put_in_place(part: Path, folder: Path) -> None:
    """Make a finished part the folder, in place of an older one."""
    if folder.exists():
        shutil.rmtree(folder)
    part.rename(folder)


def finish_folder(
    folder: Path, tokenizer: PreTrainedTokenizerBase, config: Config, counts: Mapping[str, TaskCount], num_steps: int
) -> None:
    """Add tokenizer, the template that was trained, generation settings and card to exported weights."""
    from transformers import GenerationConfig

    (folder / "training_args.bin").unlink(missing_ok=True)
    if config.data.prompt_format == "raw":
        tokenizer.chat_template = RAW_TEMPLATE
    tokenizer.save_pretrained(folder)
    GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
        do_sample=False,
    ).save_pretrained(folder)
    (folder / "README.md").write_text(model_card(config, counts, num_steps), encoding="utf-8")


_HOW_TO_ASK = {
    "raw": """**Prompt format.** The raw prompt, ending with a line end; the completion follows at once and ends with
the end-of-text token. The chat template, for servers that want one, sends the last message as it is. The tokenizer puts
one beginning-of-text token in front.

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForCausalLM.from_pretrained("FOLDER")
output = model.generate(**tokenizer(prompt, return_tensors="pt"), max_new_tokens=256)
```""",
    "chat": """**Prompt format.** The chat template of the model that it started from, one user turn:

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForCausalLM.from_pretrained("FOLDER")
turns = [{"role": "user", "content": prompt}]
inputs = tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=True, return_tensors="pt")
output = model.generate(**inputs, max_new_tokens=256)
```""",
}


def model_card(config: Config, counts: Mapping[str, TaskCount], num_steps: int) -> str:
    """The card: what the model is, how to ask it, what it was trained on."""
    role = NAMES[config.stage]
    start = config.model.path or "a LLaMA built from its configuration, with random weights"
    left_out = f" Rows of origin {', '.join(config.data.without)} were left out." if config.data.without else ""
    grpo, kept = config.grpo, sorted((task, count) for task, count in counts.items() if count.kept)
    if config.method == "grpo":
        learnt = (
            f"reinforcement (GRPO) with the reward {grpo.reward}, {grpo.prompts} prompts with {grpo.generations} "
            f"completions each in {grpo.updates} updates, KL to the starting model {grpo.beta:g}"
        )
        head = "| task | format | prompts |\n|---|---|---|"
        rows = "\n".join(f"| {task} | {count.format} | {count.kept:,} |" for task, count in kept)
    else:
        learnt = "loss on the completion only, averaged over the trained tokens of a step"
        head = "| task | format | rows | trained tokens |\n|---|---|---|---|"
        rows = "\n".join(
            f"| {task} | {count.format} | {count.kept:,} | {count.trained_tokens:,} |" for task, count in kept
        )
    return f"""---
library_name: transformers
pipeline_tag: text-generation
tags: [symbol-llm, symbol-llm-{role.lower()}]
---
# Symbol-LLM {role}

The model after the {config.stage} stage, trained by symbol-llm {__version__}. It started from {start}.

{_HOW_TO_ASK[config.data.prompt_format]}

**Training.** {num_steps} steps, seed {config.run.seed}, AdamW with learning rate {config.optimizer.learning_rate:g}
({config.optimizer.schedule}), {learnt}.{left_out}

{head}
{rows}
"""
