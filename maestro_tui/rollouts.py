"""Where Codex keeps its conversations: a file for each, `sessions/YEAR/MONTH/DAY/rollout-TIME-ID.jsonl`.

The id of a conversation tells when it began (UUID version 7, RFC 9562), so that few directories have
to be looked into, however many years there are. Standard library only.
"""

import os
import time
from collections.abc import Iterator, Mapping

__all__ = ["find_rollout", "is_kept"]

DAY_SECONDS = 86_400


def find_rollout(conversation_id: str, environ: Mapping[str, str]) -> str | None:
    """The path of a conversation's file, if it has one. Never raises."""
    ending = f"-{conversation_id}.jsonl"
    return next((path for path in _of_those_days(conversation_id, environ) if path.endswith(ending)), None)


def is_kept(conversation_id: str, environ: Mapping[str, str]) -> bool | None:
    """Whether a conversation has a file; None where no other of its day has one, so that it says nothing."""
    if find_rollout(conversation_id, environ) is not None:
        return True
    return False if next(_of_those_days(conversation_id, environ), None) is not None else None


def _of_those_days(conversation_id: str, environ: Mapping[str, str]) -> Iterator[str]:
    """The files of the day on which a conversation began, and of those before and after: zones differ."""
    home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - cheaper than Path
    root = os.path.join(environ.get("CODEX_HOME") or os.path.join(home, ".codex"), "sessions")  # noqa: PTH118
    began = _began(conversation_id)
    for days in (0, -1, 1):
        place = os.path.join(root, time.strftime("%Y/%m/%d", time.gmtime(began + days * DAY_SECONDS)))  # noqa: PTH118
        try:
            names = os.listdir(place)
        except OSError:
            continue
        yield from (os.path.join(place, name) for name in names if name.startswith("rollout-"))  # noqa: PTH118


def _began(conversation_id: str) -> float:
    """When a conversation began, Unix seconds; now when its id does not tell, as those of old versions."""
    digits = conversation_id.replace("-", "")
    if len(digits) == 32 and digits[12] == "7" and not set(digits) - set("0123456789abcdef"):
        return int(digits[:12], 16) / 1000
    return time.time()
