"""Typing into sessions and stopping them through the server, in real terminals."""

import asyncio
import os
import re
import signal

import pytest

from maestro_tui.client.errors import ApiError
from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import Unavailable
from maestro_tui.domain.requests.orders import SendInput, StopSession
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.status import SessionStatus
from maestro_tui.ptyhost import records, registry
from maestro_tui.server.keys import DEPENDENCIES

ECHO = 'stty -echo; echo ready; while read -r line; do echo "got <$line>"; done'


def services(world):
    return world.info.app[DEPENDENCIES].services


@pytest.fixture
async def api(world):
    return (await world.watcher()).api


@pytest.fixture
def talk(world, place):
    """A cockpit with a session that repeats what it is told."""

    async def begin(script=ECHO, until="ready"):
        cockpit = await world.cockpit()
        place.script(script)
        session_id = await world.spawn(agent="script")
        await world.until_status(session_id, "running")
        live = cockpit.terminals.get(session_id)
        await world.eventually(lambda: until in live.terminal.text())
        return session_id, live, cockpit

    return begin


async def test_a_text_is_answered_when_it_is_in_the_terminal(world, talk, api):
    session_id, live, _ = await talk()
    body = {"text": "hello there", "enter": True}
    answer = await api.request("POST", f"/api/sessions/{session_id}/input", body)
    order_id = answer.pop("orderId")
    assert answer == {"success": True, "sessionId": session_id, "delivered": True}
    assert order_id.startswith("ord_")
    await world.eventually(lambda: "got <hello there>" in live.terminal.text())


async def test_texts_arrive_in_the_order_they_were_given(world, talk):
    session_id, live, _ = await talk()
    orders = services(world).orders
    for number in range(5):
        await orders.send(session_id, SendInput(text=f"line {number}", enter=True), OWNER, wait=False)
    await world.eventually(lambda: live.terminal.text().count("got <line") == 5)
    assert re.findall(r"got <line (\d)>", live.terminal.text()) == ["0", "1", "2", "3", "4"]


async def test_keys_are_encoded_for_the_modes_the_program_asked_for(world, talk, api):
    script = r"stty raw -echo; printf 'ready\033[?1h'; head -c 9 | od -An -tx1; sleep 100"
    session_id, live, _ = await talk(script)
    await api.send_input(session_id, SendInput(keys=("up", "ctrl+c", "escape", "y", "tab", "enter"), enter=True))
    await world.eventually(lambda: "1b 4f 41 03 1b 79 09 0d 0d" in live.terminal.text())


async def test_several_lines_are_one_paste_where_the_program_asked_for_it(world, talk, api):
    script = r"stty raw -echo; printf 'ready\033[?2004h'; head -c 16 | od -An -c -w16; sleep 100"
    session_id, live, _ = await talk(script)
    await api.send_input(session_id, SendInput(text="a\nb", enter=True))
    await world.eventually(lambda: "033   [   2   0   0   ~   a" in live.terminal.text())
    await world.eventually(lambda: "b 033   [   2   0   1   ~  \\r" in live.terminal.text())


async def test_an_unknown_key_is_refused_and_nothing_is_typed(world, talk, api):
    session_id, live, _ = await talk()
    with pytest.raises(ApiError, match="'nonsense' is not a key") as refusal:
        await api.send_input(session_id, SendInput(text="lost", keys=("nonsense",), enter=True))
    assert refusal.value.http_status == 422
    await api.send_input(session_id, SendInput(text="kept", enter=True))
    await world.eventually(lambda: "got <kept>" in live.terminal.text())
    assert "lost" not in live.terminal.text()


async def test_a_request_that_comes_twice_is_typed_once(world, talk, api):
    session_id, live, _ = await talk()
    path, body = f"/api/sessions/{session_id}/input", {"text": "once", "enter": True}
    first = await api.request("POST", path, body, idempotency_key="k1")
    services(world).idempotency._records.clear()  # a server that was restarted without its memory
    assert await api.request("POST", path, body, idempotency_key="k1") == first
    await api.request("POST", path, {"text": "end", "enter": True})
    await world.eventually(lambda: "got <end>" in live.terminal.text())
    assert live.terminal.text().count("got <once>") == 1


async def test_two_cockpits_of_one_machine_type_it_once(world, talk, api):
    session_id, live, _ = await talk()
    other = await world.cockpit()
    await world.eventually(lambda: other.terminals.get(session_id) is not None)
    for number in range(5):
        await api.send_input(session_id, SendInput(text=f"line {number}", enter=True))
    await world.eventually(lambda: "got <line 4>" in live.terminal.text())
    assert live.terminal.text().count("got <") == 5


async def test_an_order_waits_for_the_next_cockpit(world, talk, api):
    session_id, _, cockpit = await talk()
    await cockpit.close()
    world.cockpits.remove(cockpit)
    waiting = asyncio.create_task(api.send_input(session_id, SendInput(text="later", enter=True)))
    await world.eventually(lambda: services(world).orders.book._waiting)
    again = await world.cockpit()
    await waiting
    live = again.terminals.get(session_id)
    await world.eventually(lambda: "got <later>" in live.terminal.text())


async def test_an_order_nobody_waits_for_is_kept_until_it_is_carried_out(world, talk, api):
    session_id, _, cockpit = await talk()
    await cockpit.close()
    world.cockpits.remove(cockpit)
    path = f"/api/sessions/{session_id}/input?wait=false"
    answer = await api.request("POST", path, {"text": "kept", "enter": True})
    assert answer["delivered"] is False
    again = await world.cockpit()
    await world.eventually(lambda: not services(world).orders.book._waiting)
    live = again.terminals.get(session_id)
    await world.eventually(lambda: "got <kept>" in live.terminal.text())


async def test_a_program_that_does_not_read_does_not_hold_up_its_stop(world, talk, api):
    services(world).orders.patience_seconds = 0.5
    session_id, _, _ = await talk("stty raw -echo; echo ready; exec sleep 1000")

    async def fill():
        while True:  # a terminal takes some kilobytes that nobody reads
            await services(world).orders.send(session_id, SendInput(text="x" * 60_000), OWNER)

    with pytest.raises(Unavailable, match="did not answer within"):
        await fill()
    await api.stop(session_id)
    assert (await world.until_status(session_id, "stopped")).reason == "stopped"


async def test_a_stop_is_on_record_with_who_asked(world, talk, api):
    session_id, _, _ = await talk()
    await api.stop(session_id, StopSession(reason="wrong way"))
    session = await world.until_status(session_id, "stopped")
    entries = [(entry.type, entry.message) for entry in (await world.session(session_id)).timeline]
    assert ("stop_requested", "asked for by the owner: wrong way") in entries
    assert session.reason == "stopped"
    with pytest.raises(ApiError, match="is stopped") as refusal:
        await api.send_input(session_id, SendInput(text="too late"))
    assert refusal.value.http_status == 409


async def test_a_program_that_says_it_is_done_and_stays_can_be_stopped_by_a_later_cockpit_too(world, talk, api):
    session_id, live, cockpit = await talk()
    other = await world.spawn(agent="script")
    await world.until_status(other, "running")
    for one in (session_id, other):
        await api.update_session(one, UpdateSession(status=SessionStatus.COMPLETED))
    await api.stop(session_id)
    await asyncio.wait_for(live.ended.wait(), 30)
    await cockpit.close()
    world.cockpits.remove(cockpit)
    later = await world.cockpit()
    await world.eventually(lambda: later.terminals.get(other) is not None)
    await api.stop(other)
    watcher = await world.watcher()
    for one in (session_id, other):
        await watcher.until(lambda feed, one=one: feed.mirror.sessions[one].exit_code is not None, 30)
        session = await world.session(one)
        assert (session.status, session.exit_code, session.lease) == ("completed", -signal.SIGHUP, None)


async def test_how_a_program_ended_that_said_it_is_done_is_told_by_a_later_cockpit(world, place, talk, api):
    session_id, _, cockpit = await talk()
    await api.update_session(session_id, UpdateSession(status=SessionStatus.COMPLETED))
    await cockpit.close()
    world.cockpits.remove(cockpit)
    directory = place.home.session(session_id)
    os.kill(records.read_run(directory).agent.pid, signal.SIGHUP)
    await world.eventually(lambda: registry.fate(directory) is registry.Fate.ENDED)
    await world.cockpit()
    watcher = await world.watcher()
    await watcher.until(lambda feed: feed.mirror.sessions[session_id].exit_code is not None, 30)
    session = await world.session(session_id)
    assert (session.status, session.exit_code, session.lease) == ("completed", -signal.SIGHUP, None)


async def test_stopping_again_takes_the_next_step_at_once(world, talk, api):
    session_id, live, _ = await talk("trap '' HUP TERM; echo ready; while true; do sleep 0.05; done")
    for step in ("HUP", "TERM", "KILL"):
        await api.stop(session_id)
        await world.eventually(lambda step=step: live.step == step or live.exited, what=step)
    await world.until_status(session_id, "stopped")


async def test_an_orchestrators_agent_may_send_to_its_worker_and_its_worker_not_to_it(world, place, talk):
    parent, _, _ = await talk()
    child = await world.spawn(agent="script", sessionId=parent)
    await world.until_status(child, "running")

    async def ask(session_id, by):
        api = await world.watcher()
        token = services(world).tokens.for_session(by)
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{world.info.url}/api/sessions/{session_id}/input"
        async with api.api.http().post(url, json={"text": "x"}, headers=headers) as answer:
            return answer.status

    assert await ask(child, by=parent) == 200
    assert await ask(parent, by=child) == 403
    assert await ask(parent, by=parent) == 403
