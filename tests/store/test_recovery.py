"""What was stored but never told of becomes news at the next start."""

from maestro_tui.domain.document import evolve
from maestro_tui.domain.events import Event, EventName
from maestro_tui.store.base import ChangeKind
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.memory import MemoryStore
from maestro_tui.store.opening import open_history


async def tell(journal, entity, name=EventName.TASK_UPDATED):
    await journal.append([Event(name, entity.to_wire(), entity.updated_at)])


async def test_writes_without_events_are_told_at_the_next_start(data, make):
    store = await JsonFileStore.open(data, watch=False)
    opened = await open_history(store)
    told = await store.tasks.add(make.task("told"))
    half = await store.tasks.add(make.task("half"))
    gone = await store.tasks.add(make.task("gone"))
    for one in (told, half, gone):
        await tell(opened.journal, one, EventName.TASK_CREATED)
    await store.tasks.save(evolve(half, title="new"))
    await store.tasks.remove("gone")
    await store.tasks.add(make.task("untold"))
    await opened.history.close()
    await store.close()

    again = await JsonFileStore.open(data, watch=False)
    reopened = await open_history(again)
    assert reopened.journal.epoch == opened.journal.epoch
    await reopened.history.close()
    await again.close()
    news = [change async for batch in again.changes() for change in batch]
    assert {(change.kind, change.entity.id) for change in news} == {
        (ChangeKind.UPDATED, "half"),
        (ChangeKind.DELETED, "gone"),
        (ChangeKind.CREATED, "untold"),
    }


async def test_a_store_in_memory_has_no_history():
    assert await open_history(MemoryStore()) is None
