"""What a runner tells the server about a session, in the server's words."""

import socket
from collections.abc import Sequence

from maestro_tui.domain.requests.sessions import AddSessionEvent, UpdateSession
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.ptyhost.records import ExitRecord, RunRecord, describe_exit
from maestro_tui.ptyhost.registry import Fate
from maestro_tui.runner.launch import Launched

__all__ = ["adopted", "exited", "failed", "gaps", "gone", "lost", "started"]

LONGEST_TAIL = 16_000
_HOW_LOST = {
    Fate.LOST: "its PTY host and its agent are gone, and left no record of how they ended",
    Fate.REBOOTED: "the machine was started anew while it ran",
}


def started(launched: Launched, fence: int) -> UpdateSession:
    """The agent runs."""
    report = UpdateSession(
        status=SessionStatus.RUNNING,
        pid=launched.run.agent.pid,
        hostname=socket.gethostname(),
        agent=launched.agent,
        cwd=launched.cwd,
        fence=fence,
    )
    known = launched.conversation_id
    return report if known is None else report.model_copy(update={"conversation_id": known})


def adopted(run: RunRecord, fence: int) -> UpdateSession:
    """An agent that was started earlier is alive."""
    return UpdateSession(
        status=SessionStatus.RUNNING, pid=run.agent.pid, hostname=socket.gethostname(), fence=fence
    )


def failed(reason: str, fence: int) -> UpdateSession:
    """The agent could not be started."""
    return UpdateSession(status=SessionStatus.FAILED, reason=reason, fence=fence)


def exited(session: Session, record: ExitRecord, tail: str) -> UpdateSession:
    """The agent ended. A status the agent itself reported before stays; its exit code is added."""
    code = record.exit_code if record.exit_code is not None else -(record.signal or 0)
    facts = UpdateSession(exit_code=code, output_tail=tail[-LONGEST_TAIL:], fence=session.fence)
    if not session.is_live and session.status is not SessionStatus.LOST:
        return facts
    status = _status(record)
    reason = None if status is SessionStatus.COMPLETED else describe_exit(record)
    return UpdateSession(**facts.changes(), status=status, reason=reason)


def gaps(ranges: Sequence[tuple[int, int]], fence: int) -> UpdateSession:
    """Bytes of the session's output are lost: each range from its start up to its end."""
    events = (AddSessionEvent(type="output_gap", data={"start": start, "end": end}) for start, end in ranges)
    return UpdateSession(events=tuple(events), fence=fence)


def lost(session: Session, fate: Fate, run: RunRecord) -> UpdateSession:
    """Nobody can tell how the session ended, or nobody can reach its agent any more."""
    orphan = f"its PTY host died; its agent (process {run.agent.pid}) runs on without a terminal"
    return UpdateSession(status=SessionStatus.LOST, reason=_HOW_LOST.get(fate, orphan), fence=session.fence)


def gone(fence: int) -> UpdateSession:
    """The program of a session that had ended before is over too, and nobody can tell how."""
    return UpdateSession(pid=None, fence=fence)


def _status(record: ExitRecord) -> SessionStatus:
    if record.stopped_by is not None:
        return SessionStatus.STOPPED
    return SessionStatus.COMPLETED if record.exit_code == 0 else SessionStatus.FAILED
