import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from maestro_tui.ptyhost import frames, processes, registry
from maestro_tui.ptyhost.frames import Decoder, Frame, Kind
from maestro_tui.ptyhost.spec import HostSpec
from maestro_tui.ptyhost.starting import StartedHost, start_host

DEADLINE = 15.0


def wait_until(condition: Callable[[], object], *, seconds: float = DEADLINE, what: str = "condition") -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.005)


class Client:
    """A viewer as simple as it can be: blocking, everything kept."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self._decoder = Decoder()
        self.frames: list[Frame] = []
        self.output = bytearray()
        self.gaps: list[tuple[int, int]] = []
        self.sizes: list[tuple[int, int]] = []
        self.states: list[dict] = []
        self.delivered: list[int] = []
        self.offset = 0
        self.exit: dict | None = None
        self.error: dict | None = None
        self.closed = False

    def hello(self, since: int = 0, **more: object) -> dict:
        self.offset = since
        self.socket.sendall(frames.message(Kind.HELLO, {"protocol": frames.PROTOCOL, "since": since, **more}))
        self.read_until(lambda: self.frames or self.closed)
        assert self.frames[0].kind is Kind.WELCOME, self.frames[0]
        return frames.parse_message(self.frames[0])

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def type(self, data: bytes, ticket: int = 0) -> None:
        self.send(frames.input_bytes(ticket, data))

    def read_until(self, condition: Callable[[], object], seconds: float = DEADLINE) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert not self.closed, f"host closed; output ended {bytes(self.output[-300:])!r}"
            self.socket.settimeout(max(end - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(1 << 16)
            except TimeoutError:
                raise AssertionError(
                    f"not within {seconds} s; output ended {bytes(self.output[-300:])!r}"
                ) from None
            except ConnectionResetError:
                data = b""
            self.closed = not data
            for frame in self._decoder.feed(data):
                self._take(frame)

    def read_to_exit(self) -> dict:
        self.read_until(lambda: self.exit is not None)
        assert self.exit is not None
        return self.exit

    def read_for(self, text: bytes) -> None:
        self.read_until(lambda: text in self.output)

    def close(self) -> None:
        self.socket.close()

    def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        if frame.kind is Kind.OUTPUT:
            offset, data = frames.parse_output(frame)
            assert offset == self.offset, f"output at {offset}, {self.offset} expected"
            self.output += data
            self.offset += len(data)
        elif frame.kind is Kind.GAP:
            first, end = frames.parse_gap(frame)
            assert first == self.offset
            self.gaps.append((first, end))
            self.offset = end
        elif frame.kind is Kind.SIZE:
            self.sizes.append(frames.parse_size(frame))
        elif frame.kind is Kind.STATE:
            self.states.append(frames.parse_message(frame))
        elif frame.kind is Kind.DELIVERED:
            self.delivered.append(frames.parse_delivered(frame))
        elif frame.kind is Kind.EXIT:
            self.exit = frames.parse_message(frame)
        elif frame.kind is Kind.ERROR:
            self.error = frames.parse_message(frame)


class Lab:
    """A place to run sessions, which leaves nothing behind."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sessions = root / "sessions"
        self.runtime = root / "run"
        for directory in (self.sessions, self.runtime):
            directory.mkdir(mode=0o700)
        self.hosts: list[StartedHost] = []
        self.clients: list[Client] = []

    def directory(self, session_id: str) -> Path:
        path = self.sessions / session_id
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def spec(self, *argv: str, session_id: str = "sess_1", **changes: object) -> HostSpec:
        spec = HostSpec(
            session_id=session_id,
            argv=argv,
            cwd=str(self.root),
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LAB": str(self.root)},
            columns=80,
            rows=24,
            directory=str(self.directory(session_id)),
            socket=str(registry.socket_path(self.runtime, session_id)),
        )
        return spec._replace(**changes)  # type: ignore[arg-type]

    def start(self, *argv: str, **changes: object) -> StartedHost:
        return self.run(self.spec(*argv, **changes))

    def python(self, code: str, **changes: object) -> StartedHost:
        return self.start(sys.executable, "-I", "-S", "-c", code, **changes)

    def run(self, spec: HostSpec, within: Sequence[str] = ()) -> StartedHost:
        host = start_host(spec, within=within)
        self.hosts.append(host)
        return host

    def connect(self, host: StartedHost) -> Client:
        client = Client(host.run.socket)
        self.clients.append(client)
        return client

    def attach(self, host: StartedHost, since: int = 0, **more: object) -> Client:
        client = self.connect(host)
        client.hello(since, **more)
        return client

    def clean(self) -> None:
        for client in self.clients:
            client.close()
        for host in self.hosts:
            kill(*processes.descendants(host.process.pid))
            if "COVERAGE_PROCESS_CONFIG" in os.environ:  # a killed host does not tell what of it was run
                with contextlib.suppress(subprocess.TimeoutExpired):
                    host.process.wait(5)
            kill(*processes.descendants(host.process.pid), host.process.pid)
            host.process.wait()


def kill(*pids: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def lab() -> Iterator[Lab]:
    root = Path(tempfile.mkdtemp(prefix="mpt"))  # short: a socket's path is limited
    place = Lab(root)
    yield place
    place.clean()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def until() -> Callable[..., None]:
    return wait_until
