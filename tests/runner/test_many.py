"""Many sessions, one after the other: descriptors, children and memory stay flat."""

import gc
import os
from pathlib import Path

import pytest

from tests.platforms import descriptors, needs_proc, process_state

COUNT = 1000 if os.environ.get("MAESTRO_FAULTS") == "long" else 25
WARM_UP = 5


def children():
    return {pid for one in Path("/proc/self/task").glob("*/children") for pid in one.read_text().split()}


@needs_proc
@pytest.mark.timeout(3600 if COUNT > 100 else 180)
async def test_many_sessions_leave_nothing_behind(bench, until, capsys):
    before, others = None, children()  # what earlier tests started may end only now
    for number in range(COUNT):
        if number == WARM_UP:
            gc.collect()
            before = descriptors().total()
        host = bench.start("/bin/sh", "-c", "(setsid sleep 600 &); read line; exit 3", session_id=f"sess_{number}")
        live = await bench.attach(host, fresh=True)
        live.send(b"\n")
        await live.ended.wait()
        assert live.exited == "exit status 3"
        bench.terminals.close(host.run.session_id)
        await until(lambda host=host: host.process.poll() is not None, seconds=30)
    gc.collect()
    after = descriptors().total()
    zombies = [pid for pid in children() - others if process_state(pid) == "Z"]
    with capsys.disabled():
        print(f"\ntest_many: sessions={COUNT} descriptors={before}→{after} zombies={len(zombies)}")
    assert after <= before
    assert zombies == []
    sockets = [path for path in bench.place.root.iterdir() if path.suffix in (".sock", ".bind")]
    assert sockets == []
