"""What other hands do to the files while the store is open."""

import asyncio
import contextlib
import json
import os
from pathlib import Path

import pytest

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict, NotFound
from maestro_tui.store.base import ChangeKind, TaskQuery
from maestro_tui.store.json_files.quarantine import SET_ASIDE
from maestro_tui.store.json_files.store import JsonFileStore


@pytest.fixture
async def news(json_store):
    """Every change the store told of so far, as it comes."""
    heard = []

    async def listen():
        async for batch in json_store.changes():
            heard.extend(batch)

    listening = asyncio.create_task(listen())
    yield heard
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening


def path_of(data: Path, task_id: str = "task_1", project: str = "proj_1") -> Path:
    return data / "tasks" / project / f"{task_id}.json"


def edit(path: Path, **fields) -> None:
    """Edit in place, as many editors do."""
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


async def test_an_edit_is_the_next_revision(json_store, data, make, news, eventually):
    await json_store.tasks.add(make.task("task_1", title="before"))
    edit(path_of(data), title="after", note="kept")
    await eventually(lambda: news)
    [change] = news
    assert (change.kind, change.entity.title, change.entity.revision) == (ChangeKind.UPDATED, "after", 2)
    assert await json_store.tasks.get("task_1") == change.entity
    saved = await json_store.tasks.save(evolve(change.entity, title="ours"))
    assert saved.revision == 3
    assert json.loads(path_of(data).read_text())["note"] == "kept"


async def test_edits_follow_edits_from_the_same_buffer(json_store, data, make, news, eventually):
    await json_store.tasks.add(make.task("task_1"))
    for number in range(1, 4):
        edit(path_of(data), title=f"edit {number}")
        await eventually(lambda number=number: len(news) == number)
    assert [change.entity.revision for change in news] == [2, 3, 4]
    assert json_store.findings() == ()


async def test_own_writes_are_no_news(json_store, data, make, news, eventually):
    task = await json_store.tasks.add(make.task("task_1"))
    for _ in range(50):
        task = await json_store.tasks.save(evolve(task, title=f"{task.revision}"))
    await json_store.tasks.add(make.task("task_2"))
    await json_store.tasks.remove("task_1")
    edit(path_of(data, "task_2"), title="the end")
    await eventually(lambda: news)
    assert [change.entity.title for change in news] == ["the end"]


async def test_an_editor_that_renames(json_store, data, make, news, eventually):
    await json_store.tasks.add(make.task("task_1"))
    path = path_of(data)
    draft = path.with_name("4913~")
    draft.write_text(path.read_text().replace("Task", "Edited"))
    draft.replace(path)
    await eventually(lambda: news)
    assert news[0].entity.title.startswith("Edited")


async def test_a_file_touched_or_reformatted_is_no_news(json_store, data, make, news, eventually):
    await json_store.tasks.add(make.task("task_1"))
    await json_store.tasks.add(make.task("task_2"))
    path_of(data).touch()
    edit(path_of(data))
    edit(path_of(data, "task_2"), title="news")
    await eventually(lambda: news)
    assert len(news) == 1
    assert (await json_store.tasks.get("task_1")).revision == 1


async def test_a_new_file_is_a_new_document(json_store, data, make, news, eventually):
    path = path_of(data, "by_hand", "proj_new")
    path.parent.mkdir()
    path.write_text(json.dumps({"id": "by_hand", "projectId": "proj_new", "title": "Hello", "status": "pending"}))
    await eventually(lambda: news)
    assert (news[0].kind, news[0].entity.status) == (ChangeKind.CREATED, "todo")
    assert (await json_store.tasks.find(TaskQuery(project_id="proj_new"))).total == 1


async def test_a_deleted_file_is_a_deleted_document(json_store, data, make, news, eventually):
    added = await json_store.tasks.add(make.task("task_1"))
    path_of(data).unlink()
    await eventually(lambda: news)
    assert (news[0].kind, news[0].entity) == (ChangeKind.DELETED, added)
    with pytest.raises(NotFound):
        await json_store.tasks.get("task_1")
    assert json.loads((data / ".trash" / "proj_1" / "task_1.json").read_text())["title"] == added.title


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (b"", "empty"),
        (b'{"id": "task_1", "tit', "not valid JSON at line 1"),
        (b'{\n  "id": "task_1",\n  "title": "x"\n  "y": 1\n}', "line 4"),
        (b"\x00\xff\xfe\x01" * 100, "not valid JSON"),
        (b"[1, 2]", "one JSON object"),
        (b'{"id": "task_1", "projectId": "proj_1", "title": 5}', "title: "),
        (b'{"id": "task_1", "projectId": "proj_1", "title": "x", "status": "nonsense"}', "status: must be 'todo'"),
        (b'{"id": "other", "projectId": "proj_1", "title": "x"}', "id is 'other'"),
        (b'{"id": "task_1", "projectId": "else", "title": "x"}', "projectId is 'else'"),
        (b'{"id": "task_1", "projectId": "proj_1", "title": "x", "createdAt": NaN}', "not valid JSON"),
        (b'{"id": "task_1", "projectId": "proj_1", "title": "x", "schemaVersion": "new"}', "schemaVersion"),
    ],
)
async def test_a_broken_edit_changes_nothing(json_store, data, make, news, eventually, broken, problem):
    added = await json_store.tasks.add(make.task("task_1"))
    path_of(data).write_bytes(broken)
    [finding] = await eventually(json_store.findings)
    assert problem in finding.message
    assert (finding.path, finding.document_id) == (str(path_of(data)), "task_1")
    assert await json_store.tasks.get("task_1") == added
    assert finding.kept is None or Path(finding.kept).read_bytes() == broken
    assert path_of(data).read_bytes() == broken
    assert news == []


async def test_a_mended_edit_clears_the_finding(json_store, data, make, news, eventually):
    await json_store.tasks.add(make.task("task_1"))
    good = path_of(data).read_text()
    path_of(data).write_text(good[:-5])
    [finding] = await eventually(json_store.findings)
    path_of(data).write_text(good.replace("Task", "Mended"))
    await eventually(lambda: news)
    assert json_store.findings() == ()
    assert not Path(finding.kept).exists()


async def test_our_save_over_a_broken_edit_keeps_its_bytes(json_store, data, make, eventually):
    added = await json_store.tasks.add(make.task("task_1"))
    path_of(data).write_bytes(b'{"half": ')
    await eventually(json_store.findings)
    saved = await json_store.tasks.save(evolve(added, title="ours"))
    assert json.loads(path_of(data).read_text())["title"] == saved.title == "ours"
    [finding] = json_store.findings()
    assert finding.path == finding.kept
    assert (finding.document_id, finding.message) == ("task_1", SET_ASIDE)
    assert Path(finding.kept).read_bytes() == b'{"half": '
    Path(finding.kept).unlink()
    assert json_store.findings() == ()


async def test_our_end_of_a_document_that_was_broken_leaves_its_bytes(json_store, data, make, eventually):
    await json_store.tasks.add(make.task("task_1"))
    path_of(data).write_bytes(b'{"half": ')
    await eventually(json_store.findings)
    await json_store.tasks.remove("task_1")
    [finding] = json_store.findings()
    assert (finding.path, finding.message) == (finding.kept, SET_ASIDE)
    assert Path(finding.kept).read_bytes() == b'{"half": '


@pytest.mark.parametrize("seconds", [-3600, 3600], ids=["older", "newer"])
async def test_a_save_never_overwrites_an_edit_it_has_not_seen(data, make, seconds):
    """Also where the file was put there by a tool that keeps old times, as backups are."""
    store = await JsonFileStore.open(data, durable=False, watch=False)
    added = await store.tasks.add(make.task("task_1"))
    edit(path_of(data), title="by hand")
    when = path_of(data).stat().st_mtime + seconds
    os.utime(path_of(data), (when, when))
    with pytest.raises(Conflict):
        await store.tasks.save(evolve(added, title="ours"))
    assert (await store.tasks.get("task_1")).title == "by hand"
    path_of(data).write_bytes(b"{")
    saved = await store.tasks.save(evolve(await store.tasks.get("task_1"), title="ours"))
    assert saved.revision == 3
    assert path_of(data).with_name("task_1.json.broken").read_bytes() == b"{"
    await store.close()


async def test_a_move_to_another_project_overwrites_no_edit_it_has_not_seen(data, make):
    store = await JsonFileStore.open(data, durable=False, watch=False)
    added = await store.tasks.add(make.task("task_1", project_id="proj_1"))
    edit(path_of(data), title="by hand")
    with pytest.raises(Conflict):
        await store.tasks.save(evolve(added, project_id="proj_2"))
    assert (await store.tasks.get("task_1")).title == "by hand"
    assert not path_of(data, project="proj_2").exists()
    await store.close()


async def test_an_edit_of_an_older_version_wins_and_ours_is_kept(json_store, data, make, news, eventually):
    added = await json_store.tasks.add(make.task("task_1", title="first"))
    buffer = path_of(data).read_text()
    await json_store.tasks.save(evolve(added, title="second"))
    path_of(data).write_text(buffer.replace("first", "edited first"))
    await eventually(lambda: news)
    assert (news[0].entity.title, news[0].entity.revision) == ("edited first", 3)
    [finding] = json_store.findings()
    assert json.loads(Path(finding.kept).read_text())["title"] == "second"


async def test_torn_saves_of_an_editor_are_waited_out(json_store, data, make, news, eventually):
    await json_store.tasks.add(make.task("task_1"))
    text = path_of(data).read_text().replace("Task", "Slow")
    with path_of(data).open("w") as file:
        for part in (text[:50], text[50:]):
            file.write(part)
            file.flush()
            await asyncio.sleep(0.15)  # the editor's own slowness
    await eventually(lambda: news)
    assert news[-1].entity.title.startswith("Slow")
    assert json_store.findings() == ()


async def test_a_document_of_a_later_version_is_read_only(json_store, data, make, news, eventually):
    await json_store.tasks.add(make.task("task_1"))
    edit(path_of(data), schemaVersion=99, title="from the future", hologram=True)
    await eventually(lambda: news)
    task = await json_store.tasks.get("task_1")
    assert task.title == "from the future"
    bytes_before = path_of(data).read_bytes()
    with pytest.raises(Conflict, match="later version"):
        await json_store.tasks.save(evolve(task, title="ours"))
    with pytest.raises(Conflict, match="later version"):
        await json_store.tasks.remove("task_1")
    assert path_of(data).read_bytes() == bytes_before
    assert "later version" in json_store.findings()[0].message


@pytest.mark.attack(32)
async def test_links_and_directories_are_not_documents(json_store, data, eventually, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"id": "linked", "projectId": "p", "title": "x"}))
    directory = data / "tasks" / "p"
    directory.mkdir()
    (directory / "linked.json").symlink_to(secret)
    (directory / "folder.json").mkdir()
    os.mkfifo(directory / "pipe.json")
    await eventually(lambda: len(json_store.findings()) == 3)
    assert (await json_store.tasks.find(TaskQuery())).total == 0
    assert {finding.document_id for finding in json_store.findings()} == {"linked", "folder", "pipe"}


async def test_a_copy_in_another_project_is_not_a_second_document(json_store, data, make, eventually):
    added = await json_store.tasks.add(make.task("task_1"))
    copy = path_of(data, project="proj_2")
    copy.parent.mkdir()
    copy.write_text(path_of(data).read_text().replace("proj_1", "proj_2"))
    [finding] = await eventually(json_store.findings)
    assert "exists already in project 'proj_1'" in finding.message
    assert await json_store.tasks.get("task_1") == added


async def test_five_hundred_files_from_a_checkout(json_store, data, make, news, eventually):
    await asyncio.gather(*(json_store.tasks.add(make.task(f"t{number}")) for number in range(500)))
    for number in range(500):
        path = path_of(data, f"t{number}")
        draft = path.with_name(f".{path.name}.new")
        draft.write_text(path.read_text().replace("Task", "Checked out"))
        draft.replace(path)
    await eventually(lambda: len(news) == 500)
    assert json_store.findings() == ()


async def test_the_whole_directory_going_away_deletes_nothing(json_store, data, make, eventually):
    added = await json_store.tasks.add(make.task("task_1"))
    (data / "tasks").rename(data / "elsewhere")
    await json_store._look(await json_store._differences())
    assert await json_store.tasks.get("task_1") == added
    assert "directory is gone" in json_store.findings()[0].message
    (data / "elsewhere").rename(data / "tasks")
    await json_store._look(await json_store._differences())
    assert await json_store.tasks.get("task_1") == added


async def test_directories_that_appear_one_after_another_are_all_watched(json_store, data, make, news, eventually):
    await json_store.tasks.add(make.task("task_0", project_id="proj_0"))
    content = path_of(data, "task_0", "proj_0").read_text()
    for number in range(1, 5):
        path = path_of(data, f"task_{number}", f"proj_{number}")
        path.parent.mkdir()
        path.write_text(content.replace("task_0", f"task_{number}").replace("proj_0", f"proj_{number}"))
        await eventually(lambda number=number: len(news) == number)
    for number in range(5):
        edit(path_of(data, f"task_{number}", f"proj_{number}"), title="noticed")
    await eventually(lambda: sum(change.entity.title == "noticed" for change in news) == 5)


async def test_a_directory_that_was_away_is_watched_again(data, make, eventually):
    store = await JsonFileStore.open(data, durable=False)
    await store.tasks.add(make.task("task_1"))
    await store.close()
    store = await JsonFileStore.open(data, durable=False)
    (data / "tasks" / "proj_1").rename(data / "elsewhere")
    await eventually(lambda: not store._documents.indexes["task"].records)
    (data / "elsewhere").rename(data / "tasks" / "proj_1")
    await eventually(lambda: "task_1" in store._documents.indexes["task"].records)
    edit(path_of(data), title="noticed")
    await eventually(lambda: store._documents.indexes["task"].records["task_1"].title == "noticed")
    await store.close()
