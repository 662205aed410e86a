"""Hosts that live on although their session's directory is gone: found by their sockets, put on record again."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

from maestro_tui.domain.ids import is_id
from maestro_tui.files import ensure_private_directory
from maestro_tui.paths import Home
from maestro_tui.ptyhost import frames, records
from maestro_tui.ptyhost.frames import Decoder, Frame, Kind, ProtocolError
from maestro_tui.ptyhost.records import RunRecord

__all__ = ["put_on_record"]

LOG = logging.getLogger(__name__)

ANSWER_SECONDS = 1.0
FROM_THE_END = 1 << 53
"""An offset beyond all output: none of it is sent."""


def put_on_record(home: Home, runtime: Path) -> tuple[RunRecord, ...]:
    """Write the run records that are missing, as their hosts have them; those records. Blocks, a second a host.

    From then on such a host is one like any other: it is found, adopted, attached to and stopped.
    """
    return tuple(_restored(home, runtime))


def _restored(home: Home, runtime: Path) -> Iterator[RunRecord]:
    for path in sorted(runtime.glob("*.sock")) if runtime.is_dir() else ():
        if (home.session(path.stem) / records.RUN).exists():
            continue
        run = _ask(path)
        if run is None or not is_id(run.session_id):  # what another program says could be a path
            continue
        if (home.session(run.session_id) / records.RUN).exists():  # a long id is no socket's name
            continue
        try:
            directory = home.session(run.session_id)
            ensure_private_directory(directory)
            records.write_run(directory, run)
        except OSError as error:
            LOG.warning("The host of session %s cannot be put on record again: %s", run.session_id, error)
            continue
        LOG.warning("Session %s lives, but its directory was gone; it is on record again", run.session_id)
        yield run


def _ask(path: Path) -> RunRecord | None:
    """The run record of the host that listens there; None when it does not say, as older ones do not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(path))
            hello = {"protocol": frames.PROTOCOL, "since": FROM_THE_END}
            connection.sendall(frames.message(Kind.HELLO, hello))
            for frame in _heard(connection):
                if frame.kind is Kind.WELCOME:
                    run = frames.parse_message(frame).get("run")
                    return None if run is None else RunRecord.from_json(run)
        except (OSError, ProtocolError, ValueError, KeyError, TypeError) as error:
            LOG.info("Nobody who could be asked listens at %s: %s", path, error)
    return None


def _heard(connection: socket.socket) -> Iterator[Frame]:
    decoder = Decoder()
    while data := connection.recv(1 << 16):
        yield from decoder.feed(data)
