"""The supervised fine-tuning engine that both stages share: `transformers.Trainer` and DeepSpeed, packed rows.

    rows ─tokenise─▶ store ─mix, pack─▶ packs ─collate─▶ flat batch ─Trainer, ZeRO─▶ checkpoints ─export─▶ model

Nothing heavy is imported until `run.train` is called.
"""
