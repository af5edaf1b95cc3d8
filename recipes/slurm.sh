#!/usr/bin/env bash
# Several nodes under Slurm, one launcher per node, no ssh between them:
#
#   sbatch --nodes 4 --gres gpu:8 recipes/slurm.sh injection/train.py \
#     --config injection/configs/llama2-7b.yaml --data OUT --out RUN
#
# --data and --out must be on a file system that all nodes see. Two minutes before its time is over Slurm sends SIGTERM:
# the run saves a checkpoint and stops, the job is queued again and goes on from there. If a process dies, the others
# end with the reason, and the job fails.
#SBATCH --job-name=symbol-llm
#SBATCH --ntasks-per-node=1
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

if [ "$#" -eq 0 ] || [ -z "${SLURM_JOB_NODELIST:-}" ]; then
  echo "usage: sbatch --nodes N --gres gpu:G recipes/slurm.sh STAGE/train.py OPTIONS (inside a Slurm job)" >&2
  exit 2
fi

gpus="${SLURM_GPUS_ON_NODE:-${PROCESSES_PER_NODE:-1}}"
export gpus
export MASTER_ADDR MASTER_PORT
names="$(scontrol show hostnames "$SLURM_JOB_NODELIST")"
MASTER_ADDR="${names%%$'\n'*}"
MASTER_PORT="${MASTER_PORT:-$((20000 + SLURM_JOB_ID % 20000))}"
export hostfile="${TMPDIR:-/tmp}/hosts-$SLURM_JOB_ID"

# Each node writes the same list of hosts for its own launcher.
export hosts
hosts="$(sed "s/\$/ slots=$gpus/" <<<"$names")"

code=0
srun --kill-on-bad-exit=1 bash -c '
  printf "%s\n" "$hosts" > "$hostfile"
  exec deepspeed --hostfile "$hostfile" --no_ssh --node_rank "$SLURM_NODEID" \
    --master_addr "$MASTER_ADDR" --master_port "$MASTER_PORT" "$@"
' launcher "$@" || code=$?

# The metrics of a run that SIGTERM stopped say so; anything else is a failure that must not repeat itself for ever.
run=""
previous=""
for word in "$@"; do
  case "$previous" in --out | --run.out) run="$word" ;; esac
  previous="$word"
done
if [ "$code" -ne 0 ] && [ -n "$run" ] && [ -f "$run/stopped.json" ]; then
  rm "$run/stopped.json"
  scontrol requeue "$SLURM_JOB_ID"
  exit 0
fi
exit "$code"
