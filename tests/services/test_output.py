"""Reading recorded output: parts, tails, gaps."""

import asyncio
import socket
from pathlib import Path

import pytest

from maestro_tui.domain.actor import OWNER, Actor
from maestro_tui.domain.errors import Forbidden, NotFound
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.status import SessionStatus
from maestro_tui.ptyhost.output_log import OutputLog
from maestro_tui.recording import OUT, output_directory, segment_path
from maestro_tui.services.output import LARGEST_PART


@pytest.fixture
async def session(house):
    return await house.session(await house.project())


@pytest.fixture
def log(house, session):
    log = OutputLog(output_directory(house.home.session(session.id)), limit=64 << 20)
    yield log
    log.close()


@pytest.fixture
def read(house, session):
    async def read(actor=OWNER, **wishes):
        return await house.services.output.read(session.id, actor, **wishes)

    return read


async def test_text_is_what_a_person_would_read(log, read):
    log.append(b"\x1b[1mbuild\x1b[0m\r\n10%\r100%\r\n$ ")
    part = await read()
    assert (part.content, part.start, part.end, part.more) == (b"build\n100%\n$ ", 0, log.end, False)
    assert (await read(since=log.end)).content == b""
    assert (await read(since=log.end + 9)).end == log.end + 9


async def test_the_tail_is_lines(log, read):
    log.append(b"one\r\ntwo\r\n\x1b[31mthree\x1b[0m\r\n")
    part = await read(tail=2)
    assert (part.content, part.start) == (b"two\nthree\n", 5)
    part = await read(tail=2, raw=True)
    assert (part.content, part.start) == (b"two\r\n\x1b[31mthree\x1b[0m\r\n", 5)
    assert (await read(tail=9, raw=True)).start == 0
    assert (await read(tail=9, since=10)).content == b"three\n"


async def test_a_sequence_that_is_still_being_written_waits(log, read):
    log.append("done ✓".encode()[:-1])
    part = await read()
    assert (part.content, part.end) == (b"done ", 5)
    log.append("✓".encode()[-1:] + b" \x1b[3")
    part = await read(since=part.end)
    assert (part.content.decode(), part.end) == ("✓ ", 9)
    assert (await read(raw=True)).end == log.end


async def test_a_long_record_comes_in_parts(log, read):
    line = b"0123456789abcde\n"
    log.append(line * (LARGEST_PART // len(line)) + line * 10)
    for raw in (False, True):
        first = await read(raw=raw)
        assert (first.end, first.more) == (LARGEST_PART, True)
        second = await read(since=first.end, raw=raw)
        assert (second.end, second.more) == (log.end, False)
        assert first.content + second.content == line * (log.end // len(line))
    assert (await read(tail=3)).content == line * 3


async def test_missing_bytes_are_declared(house, session, read):
    directory = output_directory(house.home.session(session.id))
    log = OutputLog(directory)
    log.append(b"first\n")
    log.close()
    Path(segment_path(directory, 26, OUT)).write_bytes(b"last\n")
    part = await read()
    assert part.content == b"first\n[20 bytes are missing here]\nlast\n"
    assert part.gaps == ((6, 26),)
    part = await read(raw=True)
    assert (part.content, part.gaps, part.end) == (b"first\nlast\n", ((6, 26),), 31)


async def test_segments_that_meet_are_one_text(house, session, read):
    log = OutputLog(output_directory(house.home.session(session.id)), limit=320)
    for number in range(6):
        log.append(b"line %d" % number)
        log.append(b" goes on\n")
    log.close()
    assert (await read()).content == b"".join(b"line %d goes on\n" % number for number in range(6))


async def test_what_is_not_recorded_here(house, session, read):
    assert (await read()).content == b""  # it lives, and may yet begin
    elsewhere = UpdateSession(hostname="other-machine")
    await house.services.sessions.update(session.id, elsewhere, OWNER)
    with pytest.raises(NotFound, match="it ran on other-machine"):
        await read()
    ended = UpdateSession(status=SessionStatus.FAILED, hostname=socket.gethostname())
    await house.services.sessions.update(session.id, ended, OWNER)
    with pytest.raises(NotFound, match="recorded on this machine"):
        await read()


async def test_readers_of_other_projects_are_refused(log, read, house):
    other = await house.session(await house.project("bank"))
    with pytest.raises(Forbidden):
        await read(Actor(session_id=other.id, project_id=other.project_id))


async def test_whoever_follows_is_answered_when_there_is_more_or_it_ends(house, session, log, monkeypatch):
    follow, reads = house.services.output.follow, []
    read = house.services.output.read

    async def counted(*arguments, **wishes):
        reads.append(wishes)
        return await read(*arguments, **wishes)

    monkeypatch.setattr(house.services.output, "read", counted)
    log.append(b"one\r\n")
    assert (await follow(session.id, OWNER, since=0, wait_seconds=30)).content == b"one\n"
    following = asyncio.create_task(follow(session.id, OWNER, since=5, wait_seconds=30))
    while len(reads) < 2:  # noqa: ASYNC110 - the first look, which finds nothing
        await asyncio.sleep(0)
    log.append(b"two\r\n")
    async with asyncio.timeout(20):
        assert (await following).content == b"two\n"
    assert len(reads) <= 5, "nobody looks while nothing is written"
    assert (await follow(session.id, OWNER, since=10, wait_seconds=0.01)).content == b""
    following = asyncio.create_task(follow(session.id, OWNER, since=10, wait_seconds=30))
    await asyncio.sleep(0)
    await house.services.sessions.update(session.id, UpdateSession(status=SessionStatus.COMPLETED), OWNER)
    async with asyncio.timeout(20):
        assert (await following).ended
    house.services.output.watch.close()
