"""Hosts whose session's directory is gone, and others that listen where hosts do: who is put on record again."""

import asyncio
import shutil
import socket

import pytest

from maestro_tui.ptyhost import frames, records
from maestro_tui.ptyhost.frames import PROTOCOL, Kind
from maestro_tui.runner import strays
from maestro_tui.runner.strays import put_on_record

RUN = {
    "sessionId": "sess_2",
    "boot": "b",
    "host": {"pid": 1, "start": "1"},
    "agent": {"pid": 2, "start": "2", "pgid": 2},
    "argv0": "sh",
    "at": 1,
    "socket": "/nowhere",
    "protocol": PROTOCOL,
}


def welcome(**more):
    return frames.message(Kind.WELCOME, {"protocol": PROTOCOL, "since": 0, "end": 0, **more})


@pytest.fixture
async def answering(place):
    """answering(bytes): somebody listens among the hosts, says that to whoever comes, and hangs up."""
    servers = []

    async def listen(said, name="sess_2"):
        async def serve(reader, writer):
            await reader.read(1)
            writer.write(said)
            await writer.drain()
            writer.close()

        servers.append(await asyncio.start_unix_server(serve, place.root / f"{name}.sock"))

    yield listen
    for server in servers:
        server.close()
        await server.wait_closed()


async def found(place):
    return await asyncio.to_thread(put_on_record, place.home, place.root)


async def test_a_host_whose_directory_was_deleted_is_on_record_again_as_it_was(bench, place):
    host = bench.start("/bin/cat")
    directory = place.home.session("sess_1")
    assert await found(place) == (), "all is in order"
    shutil.rmtree(directory)
    assert await found(place) == (host.run,)
    assert records.read_run(directory) == host.run
    assert directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff" * 64,
        frames.output(0, b"hello"),
        welcome(),
        welcome(run={}),
        welcome(run=[1]),
        welcome(run=RUN | {"at": "soon"}),
    ],
    ids=["nothing", "no frame", "no welcome", "an older host", "no record", "a list", "no time"],
)
async def test_who_does_not_say_what_it_runs_is_left_alone(answering, place, said):
    await answering(said)
    assert await found(place) == ()
    assert not place.home.sessions.exists()


@pytest.mark.parametrize("session_id", ["../../outside", "..", "{root}/outside", "", "a/b", "x" * 300])
async def test_an_answer_never_chooses_where_its_record_goes(answering, place, session_id):
    outside = place.root / "outside"
    outside.mkdir()
    (place.root / "home").mkdir(mode=0o700)
    await answering(welcome(run=RUN | {"sessionId": session_id.format(root=place.root)}))
    assert await found(place) == ()
    assert list(outside.iterdir()) == []
    assert list(place.root.rglob(records.RUN)) == []


async def test_the_record_that_is_there_counts_whatever_the_socket_is_called(answering, place):
    """Long ids are no names of sockets, so a socket's name does not tell whose it is."""
    directory = place.home.session("sess_2")
    directory.mkdir(parents=True, mode=0o700)
    known = records.RunRecord.from_json(RUN | {"argv0": "as recorded"})
    records.write_run(directory, known)
    await answering(welcome(run=RUN), name="0123abcd")
    assert await found(place) == ()
    assert records.read_run(directory) == known


async def test_where_no_record_can_be_kept_it_is_said_and_the_next_one_is_asked(answering, place, caplog):
    place.home.sessions.mkdir(parents=True, mode=0o700)
    in_the_way = place.home.session("sess_2")
    in_the_way.write_text("a file where the directory should be")
    await answering(welcome(run=RUN))
    await answering(welcome(run=RUN | {"sessionId": "sess_3"}), name="sess_3")
    assert [run.session_id for run in await found(place)] == ["sess_3"]
    assert "sess_2 cannot be put on record again" in caplog.text
    in_the_way.unlink()


async def test_one_that_never_answers_holds_nobody_up(place, monkeypatch):
    monkeypatch.setattr(strays, "ANSWER_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(place.root / "sess_2.sock"))
        assert await found(place) == (), "nobody listens"
        silent.listen()
        assert await found(place) == (), "somebody does, and says nothing"


async def test_without_a_directory_for_sockets_there_are_none(place):
    assert await asyncio.to_thread(put_on_record, place.home, place.root / "none") == ()
