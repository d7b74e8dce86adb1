"""The scanner against a small clamd of our own on loopback: found, clean, slow, dead, babbling; never an exception."""
import contextlib
import io
import socket
import struct
import threading
import time

import pytest

from govportal.outside.doubles import FailingScanner, FixedScanner, InfectedScanner, SlowScanner
from govportal.outside.scanner import ClamdScanner, NullScanner, Verdict, scanner_of
from govportal.settings import SettingsError, read_settings

# Cut in pieces, so that a scanner over this repository does not find it here.
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!" + "$H+H*"


class FakeClamd:
    """Answers one INSTREAM a connection: FOUND for the EICAR string, OK else; or what ``say`` does instead. Ends with the test."""

    def __init__(self, say=None, family=socket.AF_INET, address=("127.0.0.1", 0)):
        self.say, self.seen = say, []
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.bind(address)
        self.socket.listen(4)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def address(self):
        name = self.socket.getsockname()
        return name if isinstance(name, str) else f"{name[0]}:{name[1]}"

    def _serve(self):
        for _ in range(20):
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.settimeout(10)
            try:
                self.say(connection) if self.say else self._scan(connection)
            except OSError:
                pass
            finally:
                connection.close()

    def _scan(self, connection):
        stream = connection.makefile("rb")
        assert stream.readline() == b"nINSTREAM\n"
        body = b""
        while size := struct.unpack("!L", stream.read(4))[0]:
            body += stream.read(size)
        self.seen.append(len(body))
        connection.sendall(b"stream: Win.Test.EICAR_HDB-1 FOUND\n" if EICAR.encode() in body else b"stream: OK\n")

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)       # wakes the thread that waits
        self.socket.close()


@pytest.fixture
def clamd():
    made = []

    def make(say=None, **more):
        made.append(FakeClamd(say, **more))
        return made[-1]
    yield make
    for one in made:
        one.close()


def test_clean_and_infected(clamd):
    daemon = clamd()
    scanner = scanner_of(daemon.address)
    assert scanner.scan(io.BytesIO(b"%PDF-1.7" + b"x" * 300_000)) == Verdict("clean") and daemon.seen == [300_008]
    found = scanner.scan(io.BytesIO(EICAR.encode()))
    assert found == Verdict("infected", "Win.Test.EICAR_HDB-1") and found.words == "有病毒"
    assert scanner.scan(io.BytesIO(b"a" * 200_000 + EICAR.encode() + b"b" * 200_000)).state == "infected"


def test_a_unix_socket(clamd, tmp_path):
    daemon = clamd(family=socket.AF_UNIX, address=str(tmp_path / "clamd.sock"))
    assert scanner_of(daemon.address).scan(io.BytesIO(EICAR.encode())).state == "infected"


def babble(connection):
    connection.recv(100)
    connection.sendall(b"\xff\xfe nonsense \n")


def too_long(connection):
    connection.recv(100)
    connection.sendall(b"INSTREAM size limit exceeded. ERROR\n")


def hang_up(connection):
    connection.recv(10)


def say_nothing(connection):
    while connection.recv(1 << 16):
        pass


def dribble(connection):
    connection.recv(100)
    for _ in range(40):
        connection.sendall(b"s")
        time.sleep(0.1)


def read_nothing(connection):
    time.sleep(2)


@pytest.mark.parametrize("say", [babble, too_long, hang_up])
def test_a_daemon_that_does_not_take_the_file_leaves_it_unscanned(clamd, say):
    assert ClamdScanner(clamd(say).address).scan(io.BytesIO(b"x" * 5_000_000)) == Verdict("unscanned")


@pytest.mark.parametrize("say", [say_nothing, dribble, read_nothing])
def test_a_slow_daemon_costs_the_limit_and_no_more(clamd, say):
    began = time.monotonic()
    verdict = ClamdScanner(clamd(say).address, limit=0.5).scan(io.BytesIO(b"x" * 20_000_000))
    assert verdict == Verdict("unscanned") and verdict.words == "未扫描" and 0.3 < time.monotonic() - began < 1.2


def test_a_dead_daemon_and_none():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert scanner_of(f"127.0.0.1:{port}").scan(io.BytesIO(b"x")).state == "unscanned"
    assert scanner_of("/nowhere/clamd.sock").scan(io.BytesIO(b"x")).state == "unscanned"
    assert isinstance(scanner_of(""), NullScanner) and scanner_of("").scan(io.BytesIO(b"x")) == Verdict("unscanned")
    assert ClamdScanner("no-such-host.invalid:3310", limit=1).scan(io.BytesIO(b"x")).state == "unscanned"


@pytest.mark.parametrize("address", ["localhost", "host:", ":3310", "host:99999", "http://x/"])
def test_an_address_that_is_none_stops_the_start_in_words(address, tmp_path):
    with pytest.raises((SettingsError, ValueError), match="clamd"):
        scanner_of(read_settings({"govportal.clamd": address, "govportal.var": str(tmp_path)}, {}).clamd)


def test_doubles_keep_the_contract():
    for scanner, state in ((FixedScanner(), "clean"), (InfectedScanner(), "infected"), (FailingScanner(), "unscanned"), (SlowScanner(0.01), "unscanned")):
        assert scanner.scan(io.BytesIO(b"x" * 100_000)).state == state and scanner.asked == 1
