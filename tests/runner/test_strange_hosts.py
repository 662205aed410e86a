"""Hosts that say what no host of ours would, or say it late: the cockpit goes on and claims only what it knows."""

import asyncio
import logging
import subprocess

import pytest

from maestro_tui.ptyhost import frames, processes, records
from maestro_tui.ptyhost.frames import PROTOCOL, Decoder, Kind
from maestro_tui.runner.news import Bell, Exited, Lost, Noticed, Stopping
from maestro_tui.runner.terminals import Terminals
from maestro_tui.terminal.notices import ClipboardWrite, Progress

RUNNING = {"phase": "running", "step": None, "failure": None}
EXIT = {"sessionId": "sess_1", "exitCode": 3, "signal": None, "stoppedBy": None}
EXIT |= {"endOffset": 0, "startedAt": 1, "at": 2}


class Scripted:
    """Listens where a host would, keeps what it hears, and says what a test has it say."""

    def __init__(self):
        self.heard = []
        self.left = asyncio.Event()
        self._writer = None

    async def serve(self, reader, writer):
        self._writer, decoder = writer, Decoder()
        while data := await reader.read(1 << 16):
            self.heard += decoder.feed(data)
        writer.close()
        self.left.set()

    def kinds(self):
        return [frame.kind for frame in self.heard]

    def sizes(self):
        return [frames.parse_size(frame) for frame in self.heard if frame.kind is Kind.RESIZE]

    def say(self, *said):
        self._writer.write(b"".join(said))

    def welcome(self, *said, since=0, end=0, **state):
        told = {"protocol": PROTOCOL, "since": since, "end": end, "owner": True, **RUNNING, **state}
        self.say(frames.message(Kind.WELCOME, told), *said)

    def hang_up(self):
        self._writer.close()


class Desk:
    def __init__(self, terminals, root):
        self.terminals, self.root, self.news = terminals, root, []
        self.host = Scripted()
        terminals.subscribe(self.news.append)

    async def attach(self, until):
        live = await self.terminals.attach("sess_1", self.root, str(self.root / "host.sock"))
        await until(lambda: Kind.HELLO in self.host.kinds())
        return live

    def told(self, kind):
        return [one for one in self.news if isinstance(one, kind)]


@pytest.fixture
async def desk(place):
    desk = Desk(Terminals(), place.root)
    server = await asyncio.start_unix_server(desk.host.serve, place.root / "host.sock")
    yield desk
    desk.terminals.close_all()
    server.close()
    await desk.host.left.wait()


@pytest.mark.parametrize(
    "said",
    [
        b"\xff" * 64,
        b"O\xff\xff\xff\xff",
        frames.message(Kind.HELLO, {"protocol": PROTOCOL}),
        frames.encode(Kind.OUTPUT, b"short"),
        frames.encode(Kind.WELCOME, b"[" * 100_000),
        frames.encode(Kind.SIZE, b"\x00\x00\xff\xff"),
    ],
    ids=["no frame", "too long", "a viewer's word", "cut short", "deep JSON", "no size"],
)
async def test_one_that_speaks_nonsense_is_left_and_what_it_showed_stays(desk, until, caplog, said):
    live = await desk.attach(until)
    desk.host.welcome(frames.output(0, b"before"))
    await until(lambda: live.terminal.text() == "before")
    desk.host.say(said, frames.output(6, b"never"))
    await until(lambda: not live.is_attached)
    assert "speaks another language" in caplog.text
    assert live.terminal.text() == "before"
    assert not live.send(b"x")
    live.resize(90, 20)
    live.focus(True)
    live.signal(15)
    live.stop()
    with pytest.raises(ConnectionError):
        await live.deliver(b"x")


async def test_its_complaint_is_kept_in_the_log_and_no_more_comes_of_it(desk, until, caplog):
    live = await desk.attach(until)
    complaint = frames.message(Kind.ERROR, {"code": "protocol_error", "message": "what is that"})
    with caplog.at_level(logging.ERROR):
        desk.host.welcome(complaint, frames.delivered(77), frames.output(0, b"goes on"))
        await until(lambda: live.terminal.text() == "goes on")
    assert "what is that" in caplog.text
    assert live.is_attached


async def test_of_another_recording_than_the_checkpoints_nothing_is_taken_over(desk, until):
    live = await desk.attach(until)
    live.terminal.feed(b"of the checkpoint")
    desk.host.welcome(since=500, end=500)
    await until(lambda: len(desk.host.sizes()) == 2)
    columns, rows = live.terminal.columns, live.terminal.rows
    assert desk.host.sizes() == [(columns, rows + 1), (columns, rows)], "the program paints again"
    assert (live.terminal.text(), live.offset) == ("", 500)


async def test_what_is_missing_is_told_once_it_was_to_be_seen_here(desk, until):
    live = await desk.attach(until)
    desk.host.welcome(frames.gap(0, 40), frames.output(40, b"old"), end=43)
    await until(lambda: live.terminal.text() == "old")
    assert desk.told(Lost) == [], "what is older than the recording goes back is no loss"
    desk.host.say(frames.gap(43, 90), frames.output(90, b"new"))
    await until(lambda: live.terminal.text() == "new")
    assert desk.told(Lost) == [Lost("sess_1", 43, 90)]


async def test_of_the_past_only_what_still_holds_is_told(desk, until):
    live = await desk.attach(until)
    past = b"\x07\x1b]52;c;b2xk\x07\x1b]9;4;1;42\x07"
    live_part = b"\x07\x1b]52;c;bmV3\x07"
    desk.host.welcome(frames.output(0, past + live_part), end=len(past))
    await until(lambda: desk.told(Bell))
    clipboard = [one.notice.text for one in desk.told(Noticed) if isinstance(one.notice, ClipboardWrite)]
    assert (len(desk.told(Bell)), clipboard) == (1, ["new"])
    assert Noticed("sess_1", Progress("set", 42)) in desk.news
    assert live.title == "42%"
    desk.host.say(frames.output(len(past + live_part), b"\x1b]9;4;0\x07"))
    await until(lambda: live.progress is None)
    assert live.title == ""


async def test_an_end_comes_once_and_after_it_the_program_is_asked_nothing(desk, until):
    live = await desk.attach(until)
    question = frames.output(0, b"\x1b[c")
    desk.host.welcome(frames.message(Kind.EXIT, EXIT), question, frames.message(Kind.EXIT, EXIT))
    await live.ended.wait()
    await until(lambda: Kind.ACK in desk.host.kinds())
    desk.host.hang_up()
    live.end(None)
    assert live.exited == "exit status 3"
    assert desk.told(Exited) == [Exited("sess_1", live.exit_record)]
    assert Kind.INPUT not in desk.host.kinds()


async def test_who_waits_for_a_delivery_hears_that_the_host_has_gone(desk, until):
    live = await desk.attach(until)
    desk.host.welcome()
    waiting = asyncio.create_task(live.deliver(b"x"))
    await until(lambda: Kind.INPUT in desk.host.kinds())
    desk.host.hang_up()
    with pytest.raises(ConnectionError, match="host is gone"):
        await waiting
    assert live.exited.startswith("lost")


@pytest.fixture
def process():
    with subprocess.Popen(("sleep", "600")) as process:
        yield process
        process.kill()


@pytest.fixture
def running(desk, process):
    """A record that says that the host, which is a process that does nothing, runs."""
    host = processes.identify(process.pid)
    records.write_run(desk.root, records.RunRecord("sess_1", host, host, "sleep", 1, "host.sock", PROTOCOL))


async def test_one_that_hangs_up_before_it_is_gone_is_looked_at_again(desk, until, process, running):
    live = await desk.attach(until)
    desk.host.welcome()
    desk.host.hang_up()
    await until(lambda: not live.is_attached)
    assert live.exited is None
    process.kill()
    await until(lambda: live.exited is not None)
    assert desk.told(Exited) == [Exited("sess_1", None)]


async def test_one_that_hangs_up_again_and_again_is_looked_at_by_one_timer_that_ends_with_the_terminal(
    desk, until, running
):
    def looks():
        timers = asyncio.get_running_loop()._scheduled
        return sum(timer._callback == live._look_at_host for timer in timers if not timer.cancelled())

    for _ in range(3):
        desk.host.heard.clear()
        live = await desk.attach(until)
        desk.host.hang_up()
        await until(lambda live=live: not live.is_attached)
        assert looks() == 1
    live.close()
    assert looks() == 0


async def test_a_stop_that_others_asked_for_is_told_step_by_step(desk, until):
    live = await desk.attach(until)
    desk.host.welcome(phase="stopping", step="HUP", due=2000, left=3)
    await until(lambda: desk.told(Stopping))
    assert live.left == 3
    assert live.next_step_at > asyncio.get_running_loop().time()
    again = {**RUNNING, "phase": "stopping", "step": "HUP", "left": 2}
    desk.host.say(frames.message(Kind.STATE, again), frames.message(Kind.STATE, again | {"step": "TERM"}))
    await until(lambda: live.step == "TERM")
    assert desk.told(Stopping) == [Stopping("sess_1", "HUP"), Stopping("sess_1", "TERM")]
    assert (live.left, live.next_step_at) == (2, None)
