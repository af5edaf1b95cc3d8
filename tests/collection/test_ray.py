"""Building on a Ray cluster of two node processes: the same bytes as here, also when a node or the driver is killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from collection.build import BuildConfig, build
from symbol_llm.errors import EngineMissing, SymbolError, UserError
from symbol_llm.ray_map import ray_map
from tests.collection.build_command import RAW, build_command, files, run

CODE = ("collection", "symbol_llm")


def require_ray() -> None:
    """Fail, not skip: a suite without Ray would say nothing about ``--engine ray``, and look well."""
    if find_spec("ray") is None:
        pytest.fail('these tests need Ray: pip install -c constraints.txt -e ".[ray]"')


class TwoNodes:
    """A cluster of two node processes with one processor each, on this machine."""

    def __init__(self, folder: str) -> None:
        from ray.cluster_utils import Cluster

        self.settings: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
        head = {**self.settings, "temp_dir": folder}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.second = self.cluster.add_node(**self.settings)

    def kill_second(self) -> None:
        self.cluster.remove_node(self.second, allow_graceful=False)

    def add_second(self) -> None:
        self.second = self.cluster.add_node(**self.settings)


@pytest.fixture(scope="module")
def nodes() -> Iterator[TwoNodes]:
    require_ray()
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # short: its sockets' paths have at most 107 bytes
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    two = TwoNodes(folder)
    yield two
    two.cluster.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def environment(nodes: TwoNodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", nodes.cluster.address)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("local")
    done = run(build_command(out, "--workers", "2"))
    assert done.returncode == 0, done.stderr
    return files(out)


def node_of(number: int) -> tuple[int, str]:
    import ray

    time.sleep(0.2)
    return number, ray.get_runtime_context().get_node_id()


def fail_on_three(number: int) -> int:
    if number == 3:
        raise SymbolError("SELECT FROM t", 7, "a column")
    if number == 5:
        raise KeyError("five")
    return number


def number_of_parts(out: Path) -> int:
    return len(list(out.glob(".work/*/*.arrow")))


def start(out: Path) -> subprocess.Popen[bytes]:
    command = build_command(out, "--engine", "ray")
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for_parts(process: subprocess.Popen[bytes], out: Path, count: int) -> None:
    deadline = time.monotonic() + 300
    while number_of_parts(out) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.poll() is None and number_of_parts(out) >= count


@pytest.mark.full
def test_the_same_bytes_as_here(nodes: TwoNodes, environment: None, local: dict[str, bytes], tmp_path: Path) -> None:
    done = run(build_command(tmp_path, "--engine", "ray"))
    assert done.returncode == 0, done.stderr
    assert files(tmp_path) == local


@pytest.mark.full
def test_both_nodes_work_and_results_come_in_order(nodes: TwoNodes, environment: None) -> None:
    found = list(ray_map(node_of, range(30), 1, CODE))
    assert [item for item, _ in found] == [number for _, (number, _) in found] == list(range(30))
    assert len({node for _, (_, node) in found}) == 2


@pytest.mark.full
def test_items_are_taken_as_they_are_needed(nodes: TwoNodes, environment: None) -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(1_000):
            taken.append(number)
            yield number

    results = ray_map(fail_on_three, items(), 1, CODE)
    assert next(results) == (0, 0) and len(taken) <= 6, "two processors: 2 * 2 + 2"
    results.close()


@pytest.mark.full
def test_errors_of_a_node_arrive_as_they_are(nodes: TwoNodes, environment: None) -> None:
    with pytest.raises(SymbolError, match="expected a column") as caught:
        list(ray_map(fail_on_three, range(5), 1, CODE))
    assert caught.value.position == 7
    with pytest.raises(KeyError, match="five"):
        list(ray_map(fail_on_three, [1, 5], 1, CODE))


@pytest.mark.full
def test_a_killed_driver(nodes: TwoNodes, environment: None, local: dict[str, bytes], tmp_path: Path) -> None:
    for parts in (1, 4):
        process = start(tmp_path)
        wait_for_parts(process, tmp_path, parts)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "manifest.json").exists()
    done = run(build_command(tmp_path, "--engine", "ray"))
    assert done.returncode == 0, done.stderr
    assert files(tmp_path) == local


@pytest.mark.full
def test_a_killed_driver_and_then_the_local_engine(
    nodes: TwoNodes, environment: None, local: dict[str, bytes], tmp_path: Path
) -> None:
    process = start(tmp_path)
    wait_for_parts(process, tmp_path, 3)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = run(build_command(tmp_path))
    assert done.returncode == 0 and files(tmp_path) == local


@pytest.mark.full
def test_a_killed_node(nodes: TwoNodes, environment: None, local: dict[str, bytes], tmp_path: Path) -> None:
    process = start(tmp_path)
    wait_for_parts(process, tmp_path, 2)
    nodes.kill_second()
    try:
        assert process.wait(timeout=600) == 0, "the other node takes over"
        assert files(tmp_path) == local
    finally:
        nodes.add_second()


@pytest.mark.full
def test_a_cluster_of_this_machine_alone(
    local: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_ray()
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    done = run(build_command(tmp_path, "--engine", "ray", "--workers", "2"))
    assert done.returncode == 0, done.stderr
    assert files(tmp_path) == local


@pytest.mark.full
def test_no_cluster_at_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_ray()
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    done = run(build_command(tmp_path, "--engine", "ray"))
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert "no Ray cluster answers at 127.0.0.1:9 (RAY_ADDRESS): Connection refused" in done.stderr


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineMissing, match=r"ray is not installed.*\.\[ray\]"):
        build(BuildConfig(("general",)), None, tmp_path, engine="ray")


def test_an_unknown_engine(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"unknown engine 'rai'. Did you mean ray\?"):
        build(BuildConfig(("general",)), RAW, tmp_path, engine="rai")
