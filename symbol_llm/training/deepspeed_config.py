"""The DeepSpeed JSON of a run, written from the typed configuration.

    stage 2 on CPU   ─▶   {"zero_optimization": {"stage": 2, …}, "optimizer": {"type": "AdamW", …}, …}

The scheduler stays with Trainer. AdamW is torch's own, so that nothing is compiled, unless the optimizer is
offloaded: DeepSpeed then builds its CPU Adam.
"""

from __future__ import annotations

from typing import Any

from symbol_llm.training.config import Config


def deepspeed_config(
    config: Config, accumulation: int, is_universal: bool = False, micro_batch: int = 1
) -> dict[str, Any]:
    """The JSON for one run; ``is_universal``: it goes on from such a checkpoint.

    A step takes ``accumulation`` forward passes of each process, of ``micro_batch`` packs or completions.
    """
    optimizer, zero = config.optimizer, config.deepspeed
    settings: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": micro_batch,
        "gradient_accumulation_steps": accumulation,
        "gradient_clipping": optimizer.clip,
        "bf16": {"enabled": config.model.dtype == "bfloat16"},
        "optimizer": {
            "type": "AdamW",
            "params": {
                "lr": optimizer.learning_rate,
                "betas": [optimizer.beta1, optimizer.beta2],
                "eps": optimizer.epsilon,
                "weight_decay": optimizer.weight_decay,
                "torch_adam": zero.offload == "none",
            },
        },
        "zero_optimization": {
            "stage": zero.stage,
            "contiguous_gradients": True,
            "overlap_comm": config.model.dtype == "bfloat16",
        },
        "steps_per_print": 1 << 60,
        "wall_clock_breakdown": False,
    }
    if is_universal:
        settings["checkpoint"] = {"load_universal": True}
    stage = settings["zero_optimization"]
    if zero.stage == 3:
        stage["stage3_gather_16bit_weights_on_model_save"] = True
    if zero.offload != "none":
        stage["offload_optimizer"] = {"device": "cpu", "pin_memory": True}
    if zero.offload == "all":
        stage["offload_param"] = {"device": "cpu", "pin_memory": True}
    return settings
