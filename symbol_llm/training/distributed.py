"""The processes of a run: who am I, and doing a thing once for all.

rank 0 tokenises while the others wait; if it fails, all fail with the same message
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import NoReturn

from symbol_llm.errors import SymbolLLMError, UserError
from symbol_llm.training.config import Config


def rank() -> int:
    """The number of this process, from 0."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def prepare_environment(config: Config) -> None:
    """Environment variables that must stand before torch and DeepSpeed are imported."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    if not os.environ.get("WORLD_SIZE"):
        # Started without the launcher: a world of one process.
        if config.deepspeed.stage:
            os.environ.update(
                RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1", MASTER_PORT=_free_port()
            )
    elif config.deepspeed.stage == 0 and world_size() > 1:
        raise UserError("deepspeed.stage 0 trains in one process: take stage 1, 2 or 3, or --num_gpus 1")


def prepare_cpu(config: Config) -> None:
    """Settings for training without CUDA. Call it after torch is imported and before DeepSpeed is."""
    import torch

    os.environ["DS_ACCELERATOR"] = "cpu"
    if config.run.threads or not os.environ.get("OMP_NUM_THREADS"):
        # torchrun says LOCAL_WORLD_SIZE, DeepSpeed's launcher LOCAL_SIZE.
        local = int(os.environ.get("LOCAL_WORLD_SIZE") or os.environ.get("LOCAL_SIZE") or world_size())
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads = config.run.threads or max(1, cores // local)
        torch.set_num_threads(threads)
        os.environ["OMP_NUM_THREADS"] = str(threads)  # accelerate would set its own number otherwise
    keep_freed_memory()
    if config.deepspeed.stage and not config.deepspeed.shm_comm:
        # DeepSpeed would compile its shared-memory collectives with g++ at the first start; gloo does the same work.
        import deepspeed.ops

        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False


def on_first_rank(work: Callable[[], None]) -> None:
    """Do ``work`` in process 0 while the others wait. If it raises, every process raises the same error."""
    import torch.distributed as dist

    failure: list[BaseException | None] = [None]
    if rank() == 0:
        try:
            work()
        except SymbolLLMError as error:
            failure = [error]
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            failure = [UserError(f"the disk is full ({error}). Free some space; the same command goes on")]
    if dist.is_initialized():
        dist.broadcast_object_list(failure, src=0)
    if failure[0] is not None:
        raise failure[0]


def start_process_group(use_cpu: bool) -> None:
    """Connect the processes, so that the first can prepare files for all."""
    import deepspeed

    deepspeed.init_distributed(dist_backend="gloo" if use_cpu else "nccl", verbose=False)


def stop_process_group() -> None:
    """Disconnect; without it, gloo's threads can abort the interpreter at exit."""
    torch_distributed = sys.modules.get("torch.distributed")
    if torch_distributed is not None and torch_distributed.is_initialized():
        torch_distributed.destroy_process_group()


def end_process(code: int) -> NoReturn:
    """End this process with ``code``, past the interpreter's teardown.

    Threads that libraries still run in C++ can abort a process there ("terminate called without an active exception"),
    and a run whose model is written would be reported as failed. All files are closed by now.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def keep_freed_memory() -> None:
    """Let glibc keep large freed blocks, which each step needs again: about a fifth faster on CPU."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # glibc; other C libraries have no such switch
        trim_threshold, mmap_threshold = -1, -3
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, (1 << 31) - 1)


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
