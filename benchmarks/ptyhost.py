"""What a PTY host costs: start until the first byte, throughput and memory, against reading the PTY directly.

Run: python benchmarks/ptyhost.py [megabytes]
"""

import os
import pty
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maestro_tui.ptyhost import frames, registry
from maestro_tui.ptyhost.frames import Decoder, Kind
from maestro_tui.ptyhost.spec import HostSpec
from maestro_tui.ptyhost.starting import StartedHost, start_host

MEGABYTES = int(sys.argv[1]) if len(sys.argv) > 1 else 200
FLOOD = ("/bin/sh", "-c", f"stty raw; head -c {MEGABYTES}000000 /dev/zero")
STARTS = 20
ROUNDS = 3


@contextmanager
def place() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        yield root
    finally:
        shutil.rmtree(root)


def start(root: Path, number: int, *argv: str) -> StartedHost:
    session_id = f"sess_{number}"
    directory = root / session_id
    directory.mkdir(mode=0o700)
    return start_host(
        HostSpec(
            session_id=session_id,
            argv=argv,
            cwd="/",
            env={"PATH": os.environ["PATH"]},
            columns=80,
            rows=24,
            directory=str(directory),
            socket=str(registry.socket_path(root, session_id)),
        )
    )


def attach(host: StartedHost) -> socket.socket:
    viewer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    viewer.connect(host.run.socket)
    viewer.sendall(frames.message(Kind.HELLO, {"protocol": frames.PROTOCOL, "since": 0}))
    return viewer


def first_byte(root: Path, number: int) -> tuple[float, float, int]:
    """Seconds until the host is ready, until the first byte came, and its resident kilobytes."""
    begun = time.perf_counter()
    host = start(root, number, "/bin/sh", "-c", "echo ready; read line")
    ready = time.perf_counter() - begun
    viewer, decoder, seen = attach(host), Decoder(), False
    while not seen:
        seen = any(frame.kind is Kind.OUTPUT for frame in decoder.feed(viewer.recv(1 << 16)))
    first = time.perf_counter() - begun
    status = Path(f"/proc/{host.process.pid}/status")
    resident = int(status.read_text().split("VmRSS:")[1].split()[0]) if status.exists() else 0
    viewer.sendall(frames.input_bytes(0, b"\n"))
    while viewer.recv(1 << 16):
        pass
    host.process.wait()
    return ready, first, resident


def first_byte_directly() -> float:
    begun = time.perf_counter()
    pid, master = pty.fork()
    if pid == 0:
        os.execv("/bin/sh", ["/bin/sh", "-c", "echo ready; read line"])
    os.read(master, 100)
    first = time.perf_counter() - begun
    os.write(master, b"\n")
    os.waitpid(pid, 0)
    os.close(master)
    return first


def flood_through_host(root: Path, number: int) -> float:
    host = start(root, STARTS + 1 + number, *FLOOD)
    viewer, decoder, received = attach(host), Decoder(), 0
    begun = time.perf_counter()
    while received < MEGABYTES * 1_000_000:
        for frame in decoder.feed(viewer.recv(1 << 18)):
            received += len(frame.payload) - 8 if frame.kind is Kind.OUTPUT else 0
    elapsed = time.perf_counter() - begun
    host.process.wait()
    return elapsed


def flood_directly() -> float:
    pid, master = pty.fork()
    if pid == 0:
        os.execv(FLOOD[0], FLOOD)
    received = 0
    begun = time.perf_counter()
    while received < MEGABYTES * 1_000_000:
        received += len(os.read(master, 1 << 16))
    elapsed = time.perf_counter() - begun
    os.waitpid(pid, 0)
    os.close(master)
    return elapsed


def main() -> None:
    with place() as root:
        starts = [first_byte(root, number) for number in range(1, STARTS + 1)]
        direct = [first_byte_directly() for _ in range(STARTS)]
        floods = [(flood_through_host(root, number), flood_directly()) for number in range(ROUNDS)]
    through, plain = (min(times) for times in zip(*floods, strict=True))
    ready, first = (sorted(values) for values in zip(*[(r, f) for r, f, _ in starts], strict=True))
    print(f"ready:       p50 {statistics.median(ready) * 1000:6.1f} ms   worst {STARTS} {ready[-1] * 1000:.1f} ms")
    print(f"first byte:  p50 {statistics.median(first) * 1000:6.1f} ms   worst {STARTS} {first[-1] * 1000:.1f} ms")
    print(f"  directly:  p50 {statistics.median(direct) * 1000:6.1f} ms")
    print(f"resident:     {max(kilobytes for _, _, kilobytes in starts) / 1024:.1f} MB")
    print(f"flood of {MEGABYTES} MB, best of {ROUNDS}, through the host: {MEGABYTES / through:.0f} MB/s")
    print(f"  reading the PTY directly: {MEGABYTES / plain:.0f} MB/s   ratio {plain / through:.2f}")


if __name__ == "__main__":
    main()
