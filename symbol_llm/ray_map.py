"""The ordered parallel map over a Ray cluster: ``symbol-llm collect build --engine ray``.

    RAY_ADDRESS=head:6379 symbol-llm collect build --engine ray …     the cluster that runs there
    symbol-llm collect build --engine ray --workers 4 …               a cluster of this machine alone, for this run

Every node needs this code installed, and the raw files at the same path. A task whose node dies is run again on
another; results come in the order of the items.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from symbol_llm.errors import EngineMissing, SymbolLLMError, UserError
from symbol_llm.ledger import code_version

Item = TypeVar("Item")
Result = TypeVar("Result")

_OBJECT_STORE_BYTES = 200 << 20  # of a cluster for one run: a few chunks are in flight, no more
_CONNECT_SECONDS = 10.0
_RETRIES = 10  # of a task whose node died


def ray_map(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, code: tuple[str, ...]
) -> Iterator[tuple[Item, Result]]:
    """Each item with its result, in order; twice as many tasks as processors (and two) are in flight.

    ``code`` names the packages that must be the same on every node. Raises EngineMissing without ray; UserError if
    the cluster cannot be reached, is lost, or a node runs other code; what ``function`` raises.
    """
    try:
        import ray
        from ray import exceptions
    except ImportError as error:
        raise EngineMissing("ray", 'pip install -e ".[ray]"') from error
    with _cluster(ray, workers) as num_cpus:
        remote = ray.remote(num_cpus=1, max_retries=_RETRIES)(_run)
        expected = code_version(*code)
        waiting: deque[tuple[Item, Any]] = deque()
        source = iter(items)

        def submit(count: int) -> None:
            for item in islice(source, count):
                waiting.append((item, remote.remote(function, item, code, expected)))

        try:
            submit(2 * num_cpus + 2)
            while waiting:
                item, result = waiting.popleft()
                yield item, ray.get(result)
                submit(1)
        except exceptions.RayTaskError as error:
            # Ray's own exception carries the traceback of the node; ours says the same as without Ray.
            raise error.cause if isinstance(error.cause, SymbolLLMError | OSError) else error from None
        except (exceptions.RayError, ConnectionError) as error:
            cause = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
            raise UserError(f"the Ray cluster failed ({cause}). Run the same command again") from error
        finally:
            for _, result in waiting:
                ray.cancel(result)


def _run(function: Callable[[Any], Any], item: Any, code: tuple[str, ...], expected: str) -> Any:
    """Runs on a node."""
    if code_version(*code) != expected:
        raise UserError(
            f"node {socket.gethostname()} has another version of {', '.join(code)} than this machine. "
            "Install the same code on every node"
        )
    return function(item)


@contextmanager
def _cluster(ray: Any, workers: int) -> Iterator[int]:
    """Connect to $RAY_ADDRESS, or start a cluster for this run. Gives the number of its processors."""
    if ray.is_initialized():  # the caller's own
        yield _num_cpus(ray)
        return
    address = os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anyone
    quiet = {"log_to_driver": False, "logging_level": "error"}
    if address:
        _require_open(address)
    try:
        if address:
            ray.init(address=address, **quiet)
        else:
            ray.init(
                address="local",
                num_cpus=workers,
                include_dashboard=False,
                object_store_memory=_OBJECT_STORE_BYTES,
                _temp_dir=os.path.join(tempfile.gettempdir(), "ray"),  # sockets in it: a long path does not fit
                **quiet,
            )
    except Exception as error:
        where = f"the Ray cluster at {address} (RAY_ADDRESS)" if address else "a Ray cluster of this machine"
        raise UserError(f"cannot start with {where}: {str(error).strip().partition(chr(10))[0]}") from error
    try:
        yield _num_cpus(ray)
    finally:
        ray.shutdown()


def _require_open(address: str) -> None:
    """Raise UserError if nobody listens at HOST:PORT; Ray itself would try for many minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():  # "auto", "local"
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise UserError(
            f"no Ray cluster answers at {address} (RAY_ADDRESS): {error.strerror or error}. Start one with: "
            "ray start --head; or unset RAY_ADDRESS to use this machine alone"
        ) from error


def _num_cpus(ray: Any) -> int:
    return max(1, int(ray.cluster_resources().get("CPU", 1)))
