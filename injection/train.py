"""Stage 1, injection: teach a model symbolic languages.

    deepspeed --num_gpus 2 injection/train.py --config injection/configs/tiny-cpu.yaml --data OUT --out RUN

The same command started again goes on from the newest complete checkpoint. The model is left in RUN/model.
Any setting of the configuration can be given on the command line: --run.steps 200 --optimizer.learning_rate 1e-3
"""

from __future__ import annotations

from symbol_llm.training.distributed import end_process
from symbol_llm.training.run import main

if __name__ == "__main__":
    end_process(main("injection"))
