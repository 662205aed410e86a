"""Bodies about projects."""

from maestro_tui.domain.requests.body import Body, Directory, Name, Summary

__all__ = ["CreateProject", "UpdateProject"]


class CreateProject(Body):
    name: Name
    working_dir: Directory = ""
    description: Summary = ""


class UpdateProject(Body):
    name: Name | None = None
    working_dir: Directory | None = None
    description: Summary | None = None
