"""Team members, through the service over a store."""

import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.teams import CreateTeamMember, UpdateTeamMember

FULL = {"name": "Ann", "role": "Reviews", "identity": "Be kind", "model": "large", "skillIds": ("maestro-cli",)}


@pytest.fixture
async def member(house):
    project = await house.project()
    body = CreateTeamMember.model_validate({"projectId": project.id, **FULL})
    return project, await house.services.team_members.create(body, OWNER)


async def change(house, member, **fields):
    project, one = member
    body = UpdateTeamMember.model_validate({"projectId": project.id, **fields})
    return await house.services.team_members.update(one.id, body, OWNER)


async def test_null_empties_and_what_is_absent_stays(house, member):
    names = ("role", "identity", "avatar", "model", "agentTool", "permissionMode", "skillIds", "memory")
    changed = await change(house, member, **dict.fromkeys(names))
    emptied = changed.to_wire()
    assert {name: emptied[name] for name in names} == {
        **dict.fromkeys(("role", "identity", "avatar"), ""),
        **dict.fromkeys(("model", "agentTool", "permissionMode")),
        "skillIds": [],
        "memory": [],
    }
    assert (changed.name, changed.mode) == ("Ann", "worker")


@pytest.mark.parametrize("name", ["name", "mode"])
async def test_what_a_member_must_have_cannot_be_null(house, member, name):
    project, one = member
    with pytest.raises(Invalid, match=name):
        await change(house, member, **{name: None})
    assert await house.services.team_members.get(project.id, one.id, OWNER) == one


async def test_whatever_is_changed_its_project_can_be_read_again(house, member):
    """A member lives in its project's file: a value no reader takes would cost the whole project."""
    project, _ = member
    for field in UpdateTeamMember.model_fields.values():
        if field.alias != "projectId":
            try:
                await change(house, member, **{field.alias: None})
            except Invalid:
                continue
    stored = await house.services.store.projects.get(project.id)
    assert Project.model_validate_json(stored.model_dump_json()) == stored
