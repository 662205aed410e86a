"""Terminals of sessions that have ended: few of them stay, and every one can be opened again."""

import gc

import pytest

from maestro_tui.ptyhost import records
from maestro_tui.runner.news import Closed
from maestro_tui.runner.terminals import Terminals
from maestro_tui.terminal.engine import Terminal


@pytest.fixture
def terminals(bench):
    bench.terminals.close_all()
    bench.terminals = Terminals(directory_of=bench.place.home.session, ended_kept=2)
    bench.terminals.subscribe(bench.news.append)
    return bench.terminals


async def ended(bench, session_id, said="all done"):
    """A session that was seen from its start to its end."""
    live = await bench.attach(bench.start("/bin/sh", "-c", f"read x; echo {said}", session_id=session_id))
    live.send(b"\n")
    await live.ended.wait()
    return live


async def test_the_newest_stay_and_older_ones_go(bench, terminals):
    for number in range(5):
        await ended(bench, f"sess_{number}")
        terminals.retire(f"sess_{number}")
    assert terminals.session_ids == ("sess_3", "sess_4")
    assert [news.session_id for news in bench.news if isinstance(news, Closed)] == ["sess_0", "sess_1", "sess_2"]


async def test_each_that_goes_frees_its_terminal(bench, terminals):
    def alive():
        gc.collect()
        return sum(isinstance(one, Terminal) for one in gc.get_objects())

    before = alive()
    for number in range(6):
        await ended(bench, f"sess_{number}")
        terminals.retire(f"sess_{number}")
    assert alive() - before == 2


async def test_one_in_sight_stays_whatever_ends_after_it(bench, terminals):
    (await ended(bench, "sess_seen")).shown(True)
    terminals.retire("sess_seen")
    for number in range(3):
        await ended(bench, f"sess_{number}")
        terminals.retire(f"sess_{number}")
    assert terminals.session_ids == ("sess_seen", "sess_2")


async def test_one_that_is_gone_is_opened_again_with_all_it_had_written(bench, terminals):
    lines = "one; seq 1 60; echo over"
    before = (await ended(bench, "sess_1", lines)).terminal.all_text()
    terminals.close("sess_1")
    assert await terminals.reopen("sess_1")
    again = terminals.get("sess_1")
    assert again.terminal.all_text() == before
    assert again.exited == "exit status 0"
    assert not again.send(b"x")


async def test_what_its_host_did_not_live_to_tell_is_opened_too(bench, terminals):
    host = bench.start("/bin/sh", "-c", "echo still here; read x")
    live = await bench.attach(host)
    await live.caught_up.wait()
    await bench.place.kill(host.run)
    host.process.wait()
    terminals.close("sess_1")
    assert await terminals.reopen("sess_1")
    assert "still here" in terminals.get("sess_1").terminal.text()


async def test_one_that_runs_or_never_ran_here_is_not_opened_again(bench, terminals):
    bench.start("/bin/cat")
    assert not await terminals.reopen("sess_1")
    assert not await terminals.reopen("sess_unknown")
    assert terminals.session_ids == ()


async def test_records_that_cannot_be_read_open_nothing(bench, terminals):
    await ended(bench, "sess_1")
    terminals.close("sess_1")
    record = bench.place.home.session("sess_1") / records.EXIT
    record.unlink()
    record.mkdir()
    assert not await terminals.reopen("sess_1")
    assert terminals.session_ids == ()


async def test_the_runner_lets_old_ones_go_once_their_end_is_told(world):
    cockpit = await world.cockpit(ended_kept=1)
    first, second = await world.spawn(), await world.spawn()
    for session_id in (first, second):
        await world.until_status(session_id, "running")
        cockpit.terminals.get(session_id).send(b"0\n")
        await world.until_status(session_id, "completed")
    await world.eventually(lambda: cockpit.terminals.session_ids == (second,))
    assert await cockpit.terminals.reopen(first)
    assert "agent is up" in cockpit.terminals.get(first).terminal.text()
