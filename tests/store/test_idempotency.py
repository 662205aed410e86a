"""Answers by key: given again for a day, across restarts, and to the same request only."""

from dataclasses import dataclass, field

import pytest

from maestro_tui.domain.errors import BusinessRuleBroken, Conflict
from maestro_tui.store.json_files.history import History
from maestro_tui.store.json_files.idempotency import KEEP_MS, SqliteIdempotency

SCOPE = ("owner", "POST", "/api/tasks")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict = field(default_factory=dict)


class Clock:
    now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def answers(tmp_path, clock):
    """Open the answers; calling it again is a restart."""
    opened = []

    async def reopen():
        if opened:
            await opened[-1].close()
        opened.append(await History.open(tmp_path / "history.db", basis="index"))
        return SqliteIdempotency(opened[-1], Answer, clock)

    yield reopen
    await opened[-1].close()


async def test_the_same_request_gets_the_same_answer_after_a_restart_too(answers):
    first = await answers()
    assert not (await first.begin(SCOPE, "key", "hash")).repeated
    await first.finish(SCOPE, "key", Answer(201, b'{"id": 1}', {"ETag": '"1"'}))
    assert await first.begin(SCOPE, "key", "hash") == Answer(201, b'{"id": 1}', {"ETag": '"1"'})
    assert await (await answers()).begin(SCOPE, "key", "hash") == Answer(201, b'{"id": 1}', {"ETag": '"1"'})


async def test_another_body_is_refused(answers):
    open_answers = await answers()
    await open_answers.begin(SCOPE, "key", "hash")
    with pytest.raises(BusinessRuleBroken):
        await open_answers.begin(SCOPE, "key", "other")


async def test_a_running_request_is_not_run_twice(answers):
    open_answers = await answers()
    await open_answers.begin(SCOPE, "key", "hash")
    with pytest.raises(Conflict):
        await open_answers.begin(SCOPE, "key", "hash")
    assert not (await open_answers.begin(("session", "POST", "/api/tasks"), "key", "other")).repeated


async def test_an_abandoned_key_may_be_used_again(answers):
    open_answers = await answers()
    await open_answers.begin(SCOPE, "key", "hash")
    await open_answers.abandon(SCOPE, "key")
    assert not (await open_answers.begin(SCOPE, "key", "other")).repeated


async def test_a_request_whose_process_died_is_repeated_with_the_same_ids(answers, clock):
    first = await (await answers()).begin(SCOPE, "key", "hash")
    clock.now += 5_000
    reopened = await answers()
    again = await reopened.begin(SCOPE, "key", "hash")
    assert again.repeated
    assert again.id("task") == first.id("task")
    with pytest.raises(Conflict):
        await reopened.begin(SCOPE, "key", "hash")
    with pytest.raises(BusinessRuleBroken):
        await reopened.begin(SCOPE, "key", "other")


async def test_a_suspended_request_may_come_again_and_is_forgotten_after_a_day(answers, clock):
    open_answers = await answers()
    await open_answers.begin(SCOPE, "key", "hash")
    clock.now += KEEP_MS
    assert await open_answers.expire() == 0
    await open_answers.suspend(SCOPE, "key")
    assert await open_answers.expire() == 1


async def test_answers_expire_after_a_day(answers, clock):
    open_answers = await answers()
    await open_answers.begin(SCOPE, "old", "hash")
    await open_answers.finish(SCOPE, "old", Answer(200, b"{}"))
    clock.now += KEEP_MS - 1
    assert await open_answers.expire() == 0
    assert isinstance(await open_answers.begin(SCOPE, "old", "hash"), Answer)
    clock.now += 1
    assert not (await open_answers.begin(SCOPE, "old", "another")).repeated
    await open_answers.finish(SCOPE, "old", Answer(200, b"{}"))
    clock.now += KEEP_MS
    assert await open_answers.expire() == 1
