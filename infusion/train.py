"""Stage 2, infusion: go on from the injected model with symbols and general instructions together.

    deepspeed --num_gpus 2 infusion/train.py --config infusion/configs/tiny-cpu.yaml \\
        --model RUN/model --data OUT --out RUN2

The mixture of symbolic and general rows is a setting, data.mixture, as counts or shares. The same command started
again goes on from the newest complete checkpoint. The model is left in RUN2/model.
"""

from __future__ import annotations

from symbol_llm.training.distributed import end_process
from symbol_llm.training.run import main

if __name__ == "__main__":
    end_process(main("infusion"))
