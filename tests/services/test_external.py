import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict
from maestro_tui.domain.requests.tasks import UpdateTask
from maestro_tui.store.base import Change, ChangeKind
from maestro_tui.store.memory import MemoryStore


class EditedStore(MemoryStore):
    """A store whose documents somebody edits by hand: it hands out the news it is given."""

    def __init__(self):
        super().__init__()
        self.news = []

    async def changes(self):
        for batch in self.news:
            if batch and batch[0].kind is ChangeKind.DELETED:
                await self.sessions.remove(batch[2].entity.id)
                await self.tasks.remove(batch[1].entity.id)
                await self.projects.remove(batch[0].entity.id)
            yield batch


async def test_what_other_hands_do_is_told_like_our_own_changes(make_house):
    store = EditedStore()
    house = make_house(store=store)
    project = await house.project()
    task = await house.task(project)
    session = await house.session(project, task)
    house.heard.clear()
    store.news = [
        [Change(kind, entity) for entity in (project, task, session)]
        for kind in (ChangeKind.CREATED, ChangeKind.UPDATED, ChangeKind.DELETED)
    ]
    await house.services.external.follow()
    assert house.names() == [
        f"{kind}:{verb}" for verb in ("created", "updated", "deleted") for kind in ("project", "task", "session")
    ]
    assert house.heard[1].event.data["sessionIds"] == [session.id]
    assert house.heard[-1].event.data == {"id": session.id}


async def test_nobody_is_told_of_a_revision_after_a_later_one(make_house):
    """The news waited while somebody else changed, removed or made the document again."""
    store = EditedStore()
    house = make_house(store=store)
    project = await house.project()
    changed, removed, kept = [await house.task(project) for _ in range(3)]
    await house.services.tasks.update(changed.id, UpdateTask(title="later"), OWNER)
    await house.services.tasks.delete(removed.id, OWNER)
    house.heard.clear()
    store.news = [[Change(ChangeKind.UPDATED, changed)], [Change(ChangeKind.UPDATED, removed)]]
    store.news.append([Change(ChangeKind.CREATED, kept), Change(ChangeKind.DELETED, kept)])
    await house.services.external.follow()
    assert [(entry.event.name.value, entry.event.data["id"]) for entry in house.heard] == [
        ("task:created", kept.id)
    ]


class BusyCollection:
    """A collection in which an editor is faster than us, a number of times."""

    def __init__(self, collection, times):
        self._collection, self.times = collection, times

    def __getattr__(self, name):
        return getattr(self._collection, name)

    async def save(self, entity):
        if self.times:
            self.times -= 1
            await self._collection.save(evolve(await self._collection.get(entity.id), description="by hand"))
        return await self._collection.save(entity)


@pytest.mark.parametrize(("times", "wins"), [(1, True), (4, True), (5, False)])
async def test_our_change_is_made_to_what_an_editor_just_wrote(make_house, times, wins):
    store = MemoryStore()
    store.tasks = BusyCollection(store.tasks, 0)
    house = make_house(store=store)
    task = await house.task(await house.project())
    store.tasks.times = times
    if not wins:
        with pytest.raises(Conflict):
            await house.services.tasks.update(task.id, UpdateTask(title="ours"), OWNER)
        return
    updated = await house.services.tasks.update(task.id, UpdateTask(title="ours"), OWNER)
    assert (updated.title, updated.description) == ("ours", "by hand")


async def test_who_named_a_revision_hears_of_the_editor(make_house):
    store = MemoryStore()
    store.tasks = BusyCollection(store.tasks, 0)
    house = make_house(store=store)
    task = await house.task(await house.project())
    store.tasks.times = 1
    with pytest.raises(Conflict):
        await house.services.tasks.update(task.id, UpdateTask(title="ours"), OWNER, revision=1)
