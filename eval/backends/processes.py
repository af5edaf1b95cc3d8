"""One model per device, each in a process of its own: ``symbol-llm eval … --processes 8``.

    process 0   CUDA_VISIBLE_DEVICES=0   ┐ take chunks of similar length from one queue,
    process 1   CUDA_VISIBLE_DEVICES=1   ┘ longest first, and hand generations back as they end

Without GPUs the processes share the CPU. The processes end with this one, however it ends.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from queue import Empty
from typing import Any

from eval.backends.base import Backend, Generation, Request
from eval.backends.transformers_model import TransformersBackend
from symbol_llm.errors import SymbolLLMError, UserError

_CHUNK_BATCHES = 4  # large enough to share prefixes, small enough to keep all processes busy


class ProcessesBackend(Backend):
    """The same outputs as one process. Raises UserError if a process cannot load the model or dies."""

    name = "transformers"

    def __init__(self, options: dict[str, Any], number: int) -> None:
        self.options = options
        self.number = number
        self._one = TransformersBackend(**options)  # never loaded: checks the options and knows the identity
        self.samples = self._one.samples
        self.constrains = self._one.constrains
        self._context = get_context("spawn")
        self._processes: list[Any] = []
        self._call = 0

    @property
    def identity(self) -> dict[str, Any]:
        return self._one.identity

    def generate(self, requests: Sequence[Request]) -> Iterator[Generation]:
        if not requests:
            return
        self._start()
        self._call += 1
        order = sorted(range(len(requests)), key=lambda index: (-len(requests[index].prompt), requests[index].prompt))
        size = max(1, min(_CHUNK_BATCHES * self._one.batch_size, -(-len(order) // (2 * self.number))))
        for start in range(0, len(order), size):
            chunk = order[start : start + size]
            self._jobs.put((self._call, chunk, [requests[index] for index in chunk]))
        left = len(order)
        while left:
            call, answer = self._next()
            if isinstance(answer, SymbolLLMError):
                self.close()
                raise answer
            if call == self._call:  # not what an abandoned call had asked for
                left -= 1
                yield answer

    def _start(self) -> None:
        if self._processes:
            return
        self._jobs: Any = self._context.Queue()
        self._answers: Any = self._context.Queue()
        devices = visible_devices()
        threads = max(1, len(os.sched_getaffinity(0)) // (2 * self.number))
        for number in range(self.number):
            device = devices[number % len(devices)] if devices else None
            options = {"threads": threads, **{k: v for k, v in self.options.items() if v is not None}}
            arguments = (options, device, self._jobs, self._answers)
            process = self._context.Process(target=_serve, args=arguments, daemon=True)
            process.start()
            self._processes.append(process)

    def _next(self) -> tuple[int, Any]:
        while True:
            try:
                return self._answers.get(timeout=1.0)
            except Empty:
                dead = [process.exitcode for process in self._processes if process.exitcode is not None]
                if dead:
                    self.close()
                    raise UserError(
                        f"a process that runs the model died (exit code {dead[0]}; -9 means that memory ran out). "
                        "Finished items are kept: run the same command again, with fewer --processes or a smaller "
                        "--batch-size"
                    ) from None

    def close(self) -> None:
        for process in self._processes:
            process.terminate()
            process.join()
        self._processes = []


def visible_devices() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    import torch

    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named:
        return named.split(",")
    return [str(number) for number in range(torch.cuda.device_count())]


def _serve(options: dict[str, Any], device: str | None, jobs: Any, answers: Any) -> None:
    """The process: chunk after chunk, each generation as it ends."""
    parent = parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    if device is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = device  # before torch looks for devices
    backend = TransformersBackend(**options)
    while True:
        call, places, requests = jobs.get()
        try:
            for generation in backend.generate(requests):
                answers.put((call, generation._replace(position=places[generation.position])))
        except SymbolLLMError as error:
            answers.put((call, error))
