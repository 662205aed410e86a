"""Documents of earlier versions, brought forward one version at a time.

`UPGRADES[n][kind]` is a pure function from a document of version n to one of n + 1. It is
applied when a document is read; the file changes with the document's next save.
"""

from collections.abc import Callable, Mapping
from typing import Any

from maestro_tui.store.json_files.layout import Kind

__all__ = ["UPGRADES"]

Data = dict[str, Any]
_OLD_TASK_WORDS = {"pending": "todo"}
_OLD_SESSION_WORDS = {"working": "running"}


def _from_unversioned(data: Data) -> Data:
    """Documents that name no version: written by hand or by programs that kept no revision either."""
    created = data.get("createdAt", data.get("startedAt", 0))
    return {"createdAt": created, "updatedAt": data.get("lastActivity", created), "revision": 1} | data


def _task_from_unversioned(data: Data) -> Data:
    data = _from_unversioned(data)
    status = data.get("status", "todo")
    return data | {"status": _OLD_TASK_WORDS.get(str(status), status)}


def _session_from_unversioned(data: Data) -> Data:
    data = _from_unversioned(data)
    status = data.get("status", "stopped")
    moments = {"startedAt": data["createdAt"], "lastActivity": data["updatedAt"]}
    return moments | data | {"status": _OLD_SESSION_WORDS.get(str(status), status)}


UPGRADES: Mapping[int, Mapping[Kind, Callable[[Data], Data]]] = {
    0: {
        Kind.PROJECT: _from_unversioned,
        Kind.TASK: _task_from_unversioned,
        Kind.SESSION: _session_from_unversioned,
    },
}
