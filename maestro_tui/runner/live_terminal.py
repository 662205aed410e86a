"""One session's terminal here: the engine's state, fed by the host, and the way back to the program."""

import asyncio
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from maestro_tui.ptyhost import frames, records, registry
from maestro_tui.ptyhost.frames import Frame, Kind
from maestro_tui.ptyhost.records import ExitRecord, describe_exit
from maestro_tui.runner.attachment import Attachment
from maestro_tui.runner.checkpoints import Restored
from maestro_tui.runner.drain import Drain
from maestro_tui.runner.news import (
    Bell,
    CalledBefore,
    Exited,
    Lost,
    Noticed,
    Output,
    Stopping,
    TerminalNews,
    Titled,
    Typed,
)
from maestro_tui.telemetry.metrics import PTY_BYTES
from maestro_tui.terminal import notices
from maestro_tui.terminal.library import load
from maestro_tui.terminal.marks import Marks

__all__ = ["LiveTerminal"]

NUDGE_SECONDS = 0.1
LOOK_SECONDS = 0.2
"""How often to look at a host that closed its connection: one that is killed does so before it is gone."""
UNTYPED = re.compile(rb"\x1b(?:\[(?:<|M|[IO]$|[\d;]*[A-DHF]$)|O[A-DHF]$)")
"""The mouse, the focus and cursor keys, which answer no question."""
OUTPUT_BYTES = PTY_BYTES.labels("output")
UPDATE_END = b"\x1b[?2026l"
"""Ends a synchronized update (DEC mode 2026)."""


class LiveTerminal:
    """What a pane shows of one session.

    terminal: the engine's state. phase, step: where its end stands (`running`, `stopping` with
    the signal sent last, `ended`). left: how many of its processes are left while it is being
    stopped; next_step_at: when the next signal is due (the event loop's time); both None while
    unknown. progress: how far it says its work is (OSC 9;4); None for no word.
    """

    def __init__(
        self,
        session_id: str,
        directory: Path,
        restored: Restored,
        *,
        tell: Callable[[TerminalNews], None],
        fresh: bool = False,
    ) -> None:
        self.session_id = session_id
        self.directory = directory
        self.terminal = restored.terminal
        self.progress: notices.Progress | None = None
        self.called_at = 0
        """Where in its output it last called for somebody, by a bell or a notification, as far as it was read."""
        self.is_in_sight = False
        """Whether a pane of it is shown: then it stays open whatever else ends."""
        self._called = restored.terminal.title
        self.phase = "running"
        self.step: str | None = None
        self.left: int | None = None
        self.next_step_at: float | None = None
        self.recording_failure: str | None = None
        self.exited: str | None = None
        """How the program ended, as people say it; None while it runs."""
        self.exit_record: ExitRecord | None = None
        self.stopping = asyncio.Event()
        """Set once its end was asked for, or has come."""
        self.ended = asyncio.Event()
        self.caught_up = asyncio.Event()
        """Set once all output from before the attachment is on the screen."""
        self._tell_all = tell
        self._announced = False
        self._marks = Marks(load())
        self._fresh = fresh
        self._owner = False
        self._offset = restored.offset
        self._exact = restored.exact
        self._live_from = 0
        self._attachment: Attachment | None = None
        self._next_look: asyncio.TimerHandle | None = None

    async def attach(self, socket: str, drain: Drain) -> None:
        """Connect to the host; output follows by itself. Raises OSError."""
        self._attachment = await Attachment.open(
            socket, drain, since=self._offset, answers=True, on_frame=self._take, on_close=self._lost
        )

    @property
    def title(self) -> str:
        """What the program calls itself, after how far its work is (`42% make`)."""
        progress = self.progress
        told = "" if progress is None or progress.percent is None else f"{progress.percent}%"
        return f"{told} {self._called}".strip()

    @property
    def is_attached(self) -> bool:
        """Whether there is a way to the program."""
        return self._attachment is not None and self._attachment.is_open

    @property
    def offset(self) -> int:
        """How many bytes of the session's output the terminal has seen or skipped."""
        return self._offset

    @property
    def has_output(self) -> bool:
        """Whether the program has written anything yet."""
        return self._offset > 0

    def announce(self) -> None:
        """From now on, and for what happened already, tell those who show terminals."""
        self._announced = True
        if self.has_output:
            self._tell(Output(self.session_id))
        if self.phase == "stopping":
            self._tell(Stopping(self.session_id, self.step))
        if self.exited is not None:
            self._tell(Exited(self.session_id, self.exit_record))

    def send(self, data: bytes) -> bool:
        """Give the program input. Never blocks; False when it takes none any more."""
        sent = self._attachment is not None and self.exited is None and self._attachment.send(data)
        self._tell_typing(data)
        return sent

    async def deliver(self, data: bytes) -> None:
        """Give the program input and wait until its terminal has all of it. Raises ConnectionError."""
        if self._attachment is None or self.exited is not None:
            raise ConnectionError(f"session {self.session_id} has ended")
        self._tell_typing(data)
        await self._attachment.deliver(data)

    def _tell_typing(self, data: bytes) -> None:
        if not UNTYPED.match(data):
            self._tell(Typed(self.session_id))

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program its terminal's size; the terminal itself has it already."""
        if self._attachment is not None:
            self._attachment.resize(columns, rows)

    def shown(self, in_sight: bool) -> None:
        """Whether a pane of it is in sight here."""
        self.is_in_sight = in_sight

    def focus(self, has_focus: bool) -> None:
        """Whether a person looks at it here: among several cockpits the focused one sets the size."""
        if self._attachment is not None:
            self._attachment.focus(has_focus)

    def signal(self, number: signal.Signals) -> None:
        """Signal the program's process group."""
        if self._attachment is not None:
            self._attachment.signal(number)

    def stop(self) -> None:
        """End the program: HUP, TERM, KILL with time between; again: the next step at once."""
        if self._attachment is not None:
            self._attachment.stop()

    def end(self, record: ExitRecord | None) -> None:
        """The program is over; record is None when its host died without saying how."""
        if self.exited is not None:
            return
        self.exit_record = record
        self.exited = describe_exit(record)
        self.phase = "ended"
        self.terminal.on_reply = None
        self.ended.set()
        self.stopping.set()
        self.caught_up.set()
        self._tell(Exited(self.session_id, record))

    def close(self) -> None:
        """Leave the host. Whoever shows the terminal may go on; its memory goes with the last of them."""
        if self._attachment is not None:
            self._attachment.close()
        self._look_no_more()
        self.terminal.on_reply = None

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.OUTPUT:
                self._feed(*frames.parse_output(frame))
            case Kind.SIZE:
                self.terminal.resize(*frames.parse_size(frame))
                self._tell(Output(self.session_id))
            case Kind.GAP:
                self._jump(*frames.parse_gap(frame))
            case Kind.WELCOME:
                self._welcomed(frames.parse_message(frame))
            case Kind.STATE:
                self._take_state(frames.parse_message(frame))
            case Kind.EXIT:
                self._exited(ExitRecord.from_json(frames.parse_message(frame)))
            case _:
                raise frames.ProtocolError(f"{frame.kind.name} is not for hosts to say")

    def _welcomed(self, welcome: dict[str, Any]) -> None:
        frames.agree(welcome["protocol"])
        if (since := int(welcome["since"])) != self._offset:  # the checkpoint was of another recording
            self.terminal.reset()
            self._exact = False
        self._offset = since
        self._live_from = self._offset if self._fresh else int(welcome["end"])
        self._take_state(welcome)
        self._see_whether_live()

    def _take_state(self, state: dict[str, Any]) -> None:
        before = self.phase, self.step
        self.phase = str(state["phase"])
        self.step = state["step"]
        self.left = state.get("left")
        due = state.get("due")
        self.next_step_at = None if due is None else asyncio.get_running_loop().time() + due / 1000
        if self.phase == "stopping" and (self.phase, self.step) != before:
            self._tell(Stopping(self.session_id, self.step))
        if self.phase != "running":
            self.stopping.set()
        self.recording_failure = state["failure"]
        self._owner = bool(state.get("owner", True))
        self._see_whether_live()

    def _see_whether_live(self) -> None:
        # Queries in replayed output were answered when they were asked, by whoever was there.
        is_live = self._offset >= self._live_from
        self.terminal.on_reply = self._reply if is_live and self._owner else None
        if is_live:
            self.caught_up.set()
        if is_live and not self._exact:
            self._exact = True
            self._have_painted()

    def _reply(self, data: bytes) -> None:
        if self._attachment is not None and self.exited is None:
            self._attachment.send(data)

    def _feed(self, offset: int, data: bytes) -> None:
        replayed = max(self._live_from - offset, 0)
        if 0 < replayed < len(data):
            self._feed(offset, data[:replayed])
            self._feed(offset + replayed, data[replayed:])
            return
        complete = data.rfind(UPDATE_END) + len(UPDATE_END)
        if len(UPDATE_END) <= complete < len(data):  # a finished frame is shown before the next one begins
            self._feed(offset, data[:complete])
            self._feed(offset + complete, data[complete:])
            return
        is_live = offset >= self._live_from
        self.terminal.feed(data)
        marks = self._marks.feed(data)
        OUTPUT_BYTES.inc(len(data))
        self._offset = offset + len(data)
        if not self.caught_up.is_set():
            self._see_whether_live()
        self._tell_notices(is_live=is_live)
        for mark in marks:
            self._tell(Noticed(self.session_id, mark))
        self._tell(Output(self.session_id))

    def _jump(self, first: int, end: int) -> None:
        """Bytes are missing, so the screen is unknown: begin anew and have the program paint again."""
        if self._offset >= self._live_from:  # what is older than the recording goes back is no loss
            self._tell(Lost(self.session_id, first, end))
        self.terminal.reset()
        self._offset = end
        self._have_painted()
        self._see_whether_live()

    def _have_painted(self) -> None:
        """Have the program paint its screen again, as programs do when their terminal's size changes."""
        columns, rows = self.terminal.columns, self.terminal.rows
        self.resize(columns, rows + 1)
        asyncio.get_running_loop().call_later(NUDGE_SECONDS, self.resize, columns, rows)

    def _tell_notices(self, *, is_live: bool) -> None:
        """What the program told beside its screen; of what happened before we came, only what still holds."""
        for notice in self.terminal.take_notices():
            if isinstance(notice, notices.Bell | notices.Notification):
                self.called_at = self._offset
            match notice:
                case notices.Bell() | notices.Notification() if not is_live:
                    self._tell(CalledBefore(self.session_id))
                case notices.TitleChanged(title):
                    self._called = title
                    self._tell(Titled(self.session_id, self.title))
                case notices.Bell():
                    self._tell(Bell(self.session_id))
                case notices.ClipboardWrite() if not is_live or self.terminal.on_reply is None:
                    continue  # asked before we came, or for another viewer to answer
                case notices.Progress(state):
                    self.progress = None if state == "remove" else notice
                    self._tell(Noticed(self.session_id, notice))
                    self._tell(Titled(self.session_id, self.title))
                case _:
                    self._tell(Noticed(self.session_id, notice))

    def _exited(self, record: ExitRecord) -> None:
        if self._attachment is not None:
            self._attachment.acknowledge_exit()
            self._attachment.close()
        self.end(record)

    def _lost(self) -> None:
        """The host closed the connection: it died, left after its last record, or let go of this viewer."""
        self._attachment = None
        self._look_no_more()
        self._look_at_host()

    def _look_at_host(self) -> None:
        """End with the host; one that still runs is looked at again until it is gone, or we are back with it."""
        if self._attachment is not None:
            return
        if registry.fate(self.directory) is registry.Fate.RUNNING:
            self._next_look = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_at_host)
        else:
            self.end(records.read_exit(self.directory))

    def _look_no_more(self) -> None:
        if self._next_look is not None:
            self._next_look.cancel()

    def _tell(self, news: TerminalNews) -> None:
        if self._announced:
            self._tell_all(news)
