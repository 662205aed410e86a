import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import BusinessRuleBroken, Conflict, Invalid, NotFound
from maestro_tui.domain.requests.projects import UpdateProject


async def test_a_project_is_created_listed_and_announced(house):
    project = await house.project("webshop")
    assert await house.services.projects.list(OWNER) == [project]
    assert await house.services.projects.get(project.id, OWNER) == project
    assert house.heard[-1].event.data == project.to_wire()
    assert house.names() == ["project:created"]


async def test_an_update_changes_what_is_given_and_clears_what_is_null(house, clock):
    project = await house.project()
    clock.pass_seconds(1)
    body = UpdateProject.model_validate({"workingDir": "/srv/shop", "description": None})
    updated = await house.services.projects.update(project.id, body, OWNER)
    assert (updated.working_dir, updated.description, updated.name) == ("/srv/shop", "", "webshop")
    assert (updated.revision, updated.updated_at) == (2, clock.now)
    assert house.names() == ["project:created", "project:updated"]


async def test_an_update_that_changes_nothing_is_not_announced(house):
    project = await house.project()
    assert await house.services.projects.update(project.id, UpdateProject(name="webshop"), OWNER) == project
    assert house.names() == ["project:created"]


async def test_a_name_cannot_be_null(house):
    project = await house.project()
    with pytest.raises(Invalid, match="name"):
        await house.services.projects.update(project.id, UpdateProject(name=None), OWNER)


@pytest.mark.parametrize("verb", ["update", "delete"])
async def test_a_stale_revision_is_a_conflict(house, verb):
    project = await house.project()
    await house.services.projects.update(project.id, UpdateProject(name="shop"), OWNER)
    body = (UpdateProject(name="late"),) if verb == "update" else ()
    with pytest.raises(Conflict):
        await getattr(house.services.projects, verb)(project.id, *body, OWNER, revision=1)
    assert (await house.services.projects.get(project.id, OWNER)).name == "shop"


async def test_an_empty_project_can_go(house):
    project = await house.project()
    await house.services.projects.delete(project.id, OWNER, revision=1)
    assert house.heard[-1].event.data == {"id": project.id}
    with pytest.raises(NotFound):
        await house.services.projects.get(project.id, OWNER)


@pytest.mark.parametrize("kind", ["task", "session"])
async def test_a_project_with_work_in_it_stays(house, kind):
    project = await house.project()
    await getattr(house, kind)(project)
    with pytest.raises(BusinessRuleBroken, match=f"1 {kind}s"):
        await house.services.projects.delete(project.id, OWNER)
    assert await house.services.projects.list(OWNER) == [project]
