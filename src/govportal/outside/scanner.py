"""Virus scanning of uploaded files: ``Scanner.scan(stream) -> Verdict``.

Owns the contract, the clamd client and the default that scans nothing. A scan takes at most ``LIMIT`` seconds in all; a daemon that is slow,
dead, or does not take the file gives ``unscanned``: never an exception, never a guess. It has no effect on the other side, so it is asked
before a transaction's writes and its answer is kept by who asked.
"""
from __future__ import annotations

import logging
import socket
import time
from typing import Any, BinaryIO, NamedTuple, Protocol

import clamd

log = logging.getLogger("govportal.scanner")

CLEAN, INFECTED, UNSCANNED = "clean", "infected", "unscanned"
WORDS = {CLEAN: "已查毒", INFECTED: "有病毒", UNSCANNED: "未扫描"}
LIMIT = 3.0


class Verdict(NamedTuple):
    """``state``: clean, infected or unscanned. ``name``: of what was found; '' else."""

    state: str
    name: str = ""

    @property
    def words(self) -> str:
        return WORDS[self.state]


class Scanner(Protocol):
    def scan(self, stream: BinaryIO) -> Verdict:
        """Look at the stream from where it stands to its end. Does not raise for a daemon that fails."""


class NullScanner:
    """No scanner is set up: everything is 未扫描."""

    def scan(self, stream: BinaryIO) -> Verdict:
        return Verdict(UNSCANNED)


class _TimedSocket:
    """A socket of which all operations together take ``limit`` seconds, and that sends everything it is given."""

    def __init__(self, wrapped: socket.socket, until: float) -> None:
        self._socket, self._until = wrapped, until

    def _left(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("no time left")
        self._socket.settimeout(left)

    def connect(self, address: Any) -> None:
        self._left()
        self._socket.connect(address)

    def send(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            self._left()
            view = view[self._socket.send(view):]
        return len(data)

    def makefile(self, mode: str) -> _TimedSocket:
        return self

    def readline(self) -> bytes:
        """The daemon's answer: one line, or what came before it hung up."""
        line = b""
        while not line.endswith(b"\n") and len(line) < 4096:
            self._left()
            piece = self._socket.recv(1024)
            if not piece:
                break
            line += piece
        return line

    def close(self) -> None:
        self._socket.close()


class _Client(clamd.ClamdNetworkSocket):       # type: ignore[misc]
    """clamd's protocol over a timed socket. ``address``: (host, port) or the path of a Unix socket."""

    def __init__(self, address: tuple[str, int] | str, limit: float) -> None:
        self._address, self._until = address, time.monotonic() + limit
        self.clamd_socket: Any = None

    def _init_socket(self) -> None:
        if isinstance(self._address, str):
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        else:
            family = socket.getaddrinfo(*self._address, type=socket.SOCK_STREAM)[0][0]
            made = socket.socket(family, socket.SOCK_STREAM)
        self.clamd_socket = _TimedSocket(made, self._until)
        try:
            self.clamd_socket.connect(self._address)
        except OSError:
            made.close()
            raise

    def _close_socket(self) -> None:
        if self.clamd_socket is not None:
            self.clamd_socket.close()


class ClamdScanner:
    """The clamd daemon at ``host:port`` or a socket's path. ValueError for an address that is neither."""

    def __init__(self, address: str, *, limit: float = LIMIT) -> None:
        self.limit = limit
        self.address: tuple[str, int] | str = address
        if not address.startswith("/"):
            host, _, port = address.rpartition(":")
            if not host or not port.isdigit() or not 0 < int(port) < 65536:
                raise ValueError(f"clamd 的地址“{address}”要写成 主机:端口 或套接字的路径")
            self.address = host.strip("[]"), int(port)

    def scan(self, stream: BinaryIO) -> Verdict:
        try:
            answer = _Client(self.address, self.limit).instream(stream) or {}
        except (clamd.ClamdError, OSError, UnicodeError) as exc:     # timeouts are OSErrors
            log.warning("not scanned: %s", type(exc).__name__)
            return Verdict(UNSCANNED)
        state, name = answer.get("stream", ("", ""))
        if state == "FOUND":
            return Verdict(INFECTED, str(name or "")[:100])
        return Verdict(CLEAN) if state == "OK" else Verdict(UNSCANNED)


def scanner_of(address: str) -> Scanner:
    """The scanner of the setting ``clamd``; '' = none."""
    return ClamdScanner(address) if address.strip() else NullScanner()
