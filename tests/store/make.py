"""Documents with as little said as possible."""

import itertools

from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task

NOW = 1_700_000_000_000
_numbers = itertools.count(1)


def project(document_id: str | None = None, **fields) -> Project:
    number = next(_numbers)
    document_id = document_id or f"proj_{NOW}_{number:09}"
    return Project(
        **({"id": document_id, "name": f"Project {number}", "created_at": NOW, "updated_at": NOW} | fields)
    )


def task(document_id: str | None = None, **fields) -> Task:
    number = next(_numbers)
    standard = {
        "id": document_id or f"task_{NOW}_{number:09}",
        "project_id": "proj_1",
        "title": f"Task {number}",
        "created_at": NOW + number,
        "updated_at": NOW + number,
    }
    return Task(**(standard | fields))


def session(document_id: str | None = None, **fields) -> Session:
    number = next(_numbers)
    standard = {
        "id": document_id or f"sess_{NOW}_{number:09}",
        "project_id": "proj_1",
        "name": f"Session {number}",
        "created_at": NOW + number,
        "updated_at": NOW + number,
        "started_at": NOW + number,
        "last_activity": NOW + number,
    }
    return Session(**(standard | fields))
