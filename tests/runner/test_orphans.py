"""An agent whose host was killed: it can be found, with all it started, and ended."""

import os
import signal

from maestro_tui.ptyhost import processes, registry
from maestro_tui.ptyhost.registry import Fate
from maestro_tui.runner.hosts import Hosts

FAMILY = (
    "import os, signal, time\n"
    "signal.signal(1, signal.SIG_IGN)\n"
    "if os.fork() == 0: os.setsid(); signal.signal(15, signal.SIG_IGN)\n"
    "print(os.getpid(), flush=True); time.sleep(600)"
)


async def test_what_a_dead_host_left_is_found_and_ended(bench, place, until):
    host = bench.python(FAMILY)
    live = await bench.attach(host)
    await until(lambda: len(live.terminal.text().split()) == 2)
    family = sorted(map(int, live.terminal.text().split()))
    directory = place.home.session("sess_1")
    assert registry.orphans(directory) == []
    os.kill(host.process.pid, signal.SIGKILL)
    host.process.wait()
    assert registry.fate(directory) is Fate.ORPHANED
    assert registry.orphans(directory) == family
    (orphan,) = await Hosts(place.home).orphans()
    assert (orphan.session_id, orphan.pid) == ("sess_1", host.run.agent.pid)
    await Hosts(place.home).stop("sess_1")
    assert registry.fate(directory) is Fate.LOST
    assert await Hosts(place.home).orphans() == ()
    await until(lambda: all(processes.start_time(pid) is None for pid in family))
    assert registry.orphans(directory) == []
