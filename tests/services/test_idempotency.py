import pytest

from maestro_tui.domain.errors import BusinessRuleBroken, Conflict
from maestro_tui.services.idempotency import KEEP_MS, Answer, MemoryIdempotency, Scope

SCOPE = Scope("owner", "POST", "/api/tasks")
ANSWER = Answer(201, b'{"id":"task_1"}', {"Maestro-Seq": "4"})


@pytest.fixture
def keys(clock):
    return MemoryIdempotency(clock)


async def test_the_same_request_gets_the_stored_answer(keys):
    assert not (await keys.begin(SCOPE, "k", "hash")).repeated
    await keys.finish(SCOPE, "k", ANSWER)
    assert await keys.begin(SCOPE, "k", "hash") == ANSWER


@pytest.mark.parametrize("finished", [True, False])
async def test_another_body_is_refused(keys, finished):
    await keys.begin(SCOPE, "k", "hash")
    if finished:
        await keys.finish(SCOPE, "k", ANSWER)
    with pytest.raises(BusinessRuleBroken, match="another body"):
        await keys.begin(SCOPE, "k", "other")


async def test_a_request_that_still_runs_is_a_conflict(keys):
    await keys.begin(SCOPE, "k", "hash")
    with pytest.raises(Conflict, match="still running") as refused:
        await keys.begin(SCOPE, "k", "hash")
    assert refused.value.details["retryAfter"] == 1


@pytest.mark.parametrize(
    "other",
    [Scope("sess_1", "POST", "/api/tasks"), Scope("owner", "PUT", "/api/tasks"), Scope("owner", "POST", "/api/x")],
)
async def test_keys_of_different_scopes_never_meet(keys, other):
    await keys.begin(SCOPE, "k", "hash")
    assert not (await keys.begin(other, "k", "other")).repeated


async def test_an_abandoned_key_is_free_again(keys):
    await keys.begin(SCOPE, "k", "hash")
    await keys.abandon(SCOPE, "k")
    assert not (await keys.begin(SCOPE, "k", "other")).repeated


async def test_answers_are_kept_for_a_day(keys, clock):
    await keys.begin(SCOPE, "k", "hash")
    await keys.finish(SCOPE, "k", ANSWER)
    clock.now += KEEP_MS - 1
    assert await keys.expire() == 0
    assert await keys.begin(SCOPE, "k", "hash") == ANSWER
    clock.now += 1
    assert not (await keys.begin(SCOPE, "k", "other")).repeated


async def test_expiry_forgets_old_answers_and_spares_running_requests(keys, clock):
    await keys.begin(SCOPE, "done", "hash")
    await keys.finish(SCOPE, "done", ANSWER)
    await keys.begin(SCOPE, "running", "hash")
    clock.now += KEEP_MS
    assert await keys.expire() == 1
    with pytest.raises(Conflict):
        await keys.begin(SCOPE, "running", "hash")


async def test_a_request_that_was_cut_off_comes_again_and_makes_the_same_ids(keys, clock):
    first = await keys.begin(SCOPE, "k", "hash")
    await keys.suspend(SCOPE, "k")
    clock.now += 1000
    with pytest.raises(BusinessRuleBroken):
        await keys.begin(SCOPE, "k", "other")
    again = await keys.begin(SCOPE, "k", "hash")
    assert (first.repeated, again.repeated) == (False, True)
    made = [first.id("task"), first.id("task"), first.id("evt")]
    assert [again.id("task"), again.id("task"), again.id("evt")] == made
    assert len(set(made)) == 3
    with pytest.raises(Conflict):
        await keys.begin(SCOPE, "k", "hash")
