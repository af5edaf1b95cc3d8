"""The finished model as a plain Hugging Face folder.

    RUN/model/   config.json, model.safetensors, tokenizer.json, generation_config.json, README.md

`AutoModelForCausalLM.from_pretrained("RUN/model")` loads it, and so does vLLM.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbol_llm import __version__
from symbol_llm.training.config import Config
from symbol_llm.training.data import Store

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NAMES = {"injection": "Base", "infusion": "Instruct"}


def export_model(
    trainer: Any, tokenizer: PreTrainedTokenizerBase, config: Config, store: Store, folder: Path, num_steps: int
) -> None:
    """Write the folder; it appears whole or not at all. Every process must call this."""
    part = folder.with_name(folder.name + ".part")
    if trainer.args.should_save and part.exists():
        shutil.rmtree(part)
    trainer.accelerator.wait_for_everyone()
    trainer.save_model(str(part))
    if trainer.args.should_save:
        finish_folder(part, tokenizer, config, store, num_steps)
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    trainer.accelerator.wait_for_everyone()


def finish_folder(
    folder: Path, tokenizer: PreTrainedTokenizerBase, config: Config, store: Store, num_steps: int
) -> None:
    """Add tokenizer, generation settings and card to exported weights."""
    from transformers import GenerationConfig

    (folder / "training_args.bin").unlink(missing_ok=True)
    tokenizer.save_pretrained(folder)
    GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
        do_sample=False,
    ).save_pretrained(folder)
    (folder / "README.md").write_text(model_card(config, store, num_steps), encoding="utf-8")


def model_card(config: Config, store: Store, num_steps: int) -> str:
    """The card: what the model is, how to ask it, what it was trained on."""
    role = NAMES[config.stage]
    start = config.model.path or "a LLaMA built from its configuration, with random weights"
    rows = "\n".join(
        f"| {task} | {count.format} | {count.kept:,} | {count.trained_tokens:,} |"
        for task, count in sorted(store.counts.items())
    )
    return f"""---
library_name: transformers
pipeline_tag: text-generation
tags: [symbol-llm, symbol-llm-{role.lower()}]
---
# Symbol-LLM {role}

The model after the {config.stage} stage, trained by symbol-llm {__version__}. It started from {start}.

**Prompt format.** The raw prompt, ending with a line end; the completion follows at once and ends with the
end-of-text token. There is no chat template. The tokenizer puts one beginning-of-text token in front.

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForCausalLM.from_pretrained("FOLDER")
output = model.generate(**tokenizer(prompt, return_tensors="pt"), max_new_tokens=256)
```

**Training.** {num_steps} steps, seed {config.run.seed}, AdamW with learning rate {config.optimizer.learning_rate:g}
({config.optimizer.schedule}), loss on the completion only, averaged over the trained tokens of a step.

| task | format | rows | trained tokens |
|---|---|---|---|
{rows}
"""
