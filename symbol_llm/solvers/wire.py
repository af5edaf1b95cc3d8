"""Frames between the sandbox and its zygote: ``00 00 00 02 | {}`` is four bytes of length, then the bytes.

A message is a fixed number of frames. Nothing is unpickled and no length is trusted.
"""

from __future__ import annotations

import socket
import struct

LENGTH = struct.Struct(">I")
LARGEST = 1 << 26  # bytes of one frame; a longer one means that the other side is broken


class Hangup(Exception):
    """The other side closed the connection in the middle of a message, or sent no valid frame."""


def send_frames(connection: socket.socket, *frames: bytes) -> None:
    """Send one message. Raises OSError if the other side is gone."""
    connection.sendall(b"".join(LENGTH.pack(len(frame)) + frame for frame in frames))


def receive_frames(connection: socket.socket, count: int) -> list[bytes]:
    """Receive one message of ``count`` frames. Raises Hangup, or TimeoutError as the socket is set."""
    return [_receive_frame(connection) for _ in range(count)]


def _receive_frame(connection: socket.socket) -> bytes:
    (length,) = LENGTH.unpack(_receive_exactly(connection, LENGTH.size))
    if length > LARGEST:
        raise Hangup(f"a frame of {length} bytes was announced")
    return _receive_exactly(connection, length)


def _receive_exactly(connection: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        chunk = connection.recv(min(length - len(received), 1 << 16))
        if not chunk:
            raise Hangup(f"connection closed after {len(received)} of {length} bytes")
        received += chunk
    return bytes(received)
