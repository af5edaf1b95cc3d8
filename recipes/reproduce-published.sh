#!/usr/bin/env bash
# The released Symbol-LLM checkpoints, scored by this repository, beside the paper's own figures.
#
#   recipes/reproduce-published.sh RAW OUT [MODEL …]
#   recipes/reproduce-published.sh /data/raw runs/published Symbol-LLM/Symbol-LLM-7B-Instruct
#
# RAW holds the datasets (symbol-llm collect fetch --raw RAW; docs/raw-data.md names those that need a licence). A 7B
# model needs one GPU of 24 GB, 13B one of 40 GB; with several GPUs one model runs on each. Stopped at any moment, the
# same command goes on. Greedy decoding, zero-shot, raw prompts, outputs of up to 512 tokens. The paper's prompts and
# test samples are not published: ours are paraphrases over whole test sets, so expect differences of some points.
set -euo pipefail

if [ "$#" -lt 2 ]; then
    sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
raw=$1 out=$2
shift 2
[ "$#" -gt 0 ] || set -- Symbol-LLM/Symbol-LLM-7B-Instruct Symbol-LLM/Symbol-LLM-13B-Instruct
root=$(cd "$(dirname "$0")/.." && pwd)
tool=$root/.venv/bin/symbol-llm
limit=${LIMIT:+--limit $LIMIT} # LIMIT=200 recipes/reproduce-published.sh … for a first look

# Test records of the 34 tasks; those whose files are not in RAW are left out and named.
"$tool" collect build --raw "$raw" --out "$out/collection" --workers "$(nproc)"

for model in "$@"; do
    run=$out/${model##*/}
    # shellcheck disable=SC2086
    "$tool" eval symbolic --model "$model" --data "$out/collection" --raw "$raw" --max-new-tokens 512 $limit --out "$run"
    # shellcheck disable=SC2086
    "$tool" eval delegate --model "$model" --raw "$raw" --max-new-tokens 512 $limit --out "$run"
    # shellcheck disable=SC2086
    "$tool" eval general --model "$model" --raw "$raw" $limit --out "$run"
    "$tool" report "$run" --out "$run/report"
done
