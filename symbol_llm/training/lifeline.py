"""When one process of a run dies, the others say so and end: nobody waits for it.

    process 3 on node-b ended unexpectedly; this one ends too. The same command goes on from the newest checkpoint

Each process keeps one connection to the first. The system closes it when a process dies, however that happens, so the
first one knows at once and tells the rest; a machine that falls silent is noticed by keep-alive within half a minute.
A slow process loses nothing: no heartbeat has to arrive in time.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import sys
import threading
import time
from typing import Any

_GRACE = 15.0  # seconds in which a process may end in its own way, with its own message
_GOODBYE = b"bye"


class Lifeline:
    """Connects this process with the first one. Every process must make it once the process group stands."""

    def __init__(self, rank: int, world_size: int, address: str, grace: float = _GRACE) -> None:
        self._rank, self._world, self._grace = rank, world_size, grace
        self._peers: dict[socket.socket, int] = {}
        self._names: dict[int, str] = {rank: socket.gethostname()}
        self._closing = threading.Event()
        self._lost = threading.Event()
        self.reason: str | None = None
        if world_size > 1:
            self._connect(address)
            threading.Thread(target=self._watch, daemon=True).start()

    def lost(self, seconds: float = 5.0) -> str | None:
        """Which process was lost, waiting a little for the news; None if none was."""
        if self._world > 1:
            self._lost.wait(seconds)
        return self.reason

    def close(self, error: str | None = None) -> None:
        """Say goodbye, or why this process ends; one that has the same error meanwhile ends in its own way."""
        self._closing.set()
        for peer in list(self._peers):
            with contextlib.suppress(OSError):
                peer.sendall(error.encode() if error else _GOODBYE)
                peer.shutdown(socket.SHUT_RDWR)
                peer.close()

    def _connect(self, address: str) -> None:
        import torch.distributed as dist

        where: list[tuple[str, int] | None] = [None]
        if self._rank == 0:
            listener = socket.create_server(("", 0), backlog=self._world)
            where = [(address, int(listener.getsockname()[1]))]
        dist.broadcast_object_list(where, src=0)
        assert where[0] is not None
        if self._rank:
            peer = socket.create_connection(where[0], timeout=60)
            name = socket.gethostname().encode()[:200]
            peer.sendall(self._rank.to_bytes(4, "big") + len(name).to_bytes(1, "big") + name)
            self._peers[peer] = 0
        else:
            with listener:
                listener.settimeout(60)
                while len(self._peers) < self._world - 1:
                    peer, _ = listener.accept()
                    number = int.from_bytes(_exactly(peer, 4), "big")
                    self._names[number] = _exactly(peer, _exactly(peer, 1)[0]).decode()
                    self._peers[peer] = number
        for peer in self._peers:
            peer.settimeout(None)
            _keep_alive(peer)

    def _watch(self) -> None:
        with selectors.DefaultSelector() as selector:
            for connected in self._peers:
                selector.register(connected, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    peer: Any = key.fileobj
                    try:
                        message = peer.recv(1024)
                    except OSError:
                        message = b""
                    if self._closing.is_set():
                        return
                    if message.endswith(_GOODBYE):
                        selector.unregister(peer)
                        continue
                    self._end(message.decode(errors="replace") or self._name_of(self._peers[peer]), peer)
                    return

    def _name_of(self, number: int) -> str:
        host = self._names.get(number)
        return f"process {number}{f' on {host}' if host else ''} ended unexpectedly"

    def _end(self, reason: str, source: socket.socket) -> None:
        """Tell the others, leave the main thread time for its own message, then end this process."""
        self.reason = reason
        self._lost.set()
        for peer in self._peers:
            if peer is not source:
                with contextlib.suppress(OSError):
                    peer.sendall(reason.encode())
        time.sleep(self._grace)
        if not self._closing.is_set():
            print(f"error: {explain(reason)}", file=sys.stderr, flush=True)
            os._exit(1)


def explain(reason: str) -> str:
    """The message for people."""
    return (
        f"{reason}; this process ends too. Its own output, or the system's log (out of memory?), says why. "
        "The same command goes on from the newest complete checkpoint"
    )


def _exactly(peer: socket.socket, number: int) -> bytes:
    data = b""
    while len(data) < number:
        part = peer.recv(number - len(data))
        if not part:
            raise ConnectionError("a process ended while the run connected")
        data += part
    return data


def _keep_alive(peer: socket.socket) -> None:
    """Notice a silent machine after about 30 seconds."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
