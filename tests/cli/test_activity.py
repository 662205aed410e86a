"""What an agent is doing, as the command tells it: the evidence, a person's word against it, and going on."""

import time

import pytest

from maestro_tui.cli.context import Context
from maestro_tui.cli.transport import Retries, Transport


@pytest.fixture
def api(board):
    """What a runner of the owner says to the server: api("POST", path, body)."""
    transport = Transport(Context(board.env).server(), retries=Retries(0))
    yield lambda method, path, body: transport.request(method, path, body).json()
    transport.close()


def watched(api, pane, **activity):
    """A runner holds the session and has made this of the evidence."""
    path = f"/api/sessions/{pane.session_id}"
    fence = api("POST", f"{path}/claim", {"runnerId": "run_1", "leaseMs": 60_000})["lease"]["fence"]
    api("PATCH", path, {"fence": fence, "status": "running", "activity": activity})


def test_what_a_person_says_is_evidence_that_all_can_see(board, pane):
    said = board.run(
        "session", "correct", pane.session_id, "waiting", "--need", "permission", "--message", "Bash: rm"
    )
    assert "API Worker is waiting, you say" in said.out
    why = board.data("session", "why", pane.session_id)
    (evidence,) = why["evidence"]
    assert (evidence["source"], evidence["state"], evidence["need"]) == ("person", "waiting", "permission")
    assert (evidence["detail"], why["activity"]) == ("Bash: rm", None)
    told = board.run("session", "why", pane.session_id).out
    for part in ("unknown", "no runner watches it now", "waiting (permission)", "Bash: rm", "yes"):
        assert part in told


def test_a_later_word_takes_the_place_of_the_one_before(board, pane):
    for state in ("waiting", "working"):
        board.run("session", "correct", pane.session_id, state)
    (evidence,) = board.data("session", "why", pane.session_id)["evidence"]
    assert (evidence["state"], evidence["detail"]) == ("working", "you said so")


def test_waiting_without_a_word_for_what_is_a_question(board, pane):
    board.run("session", "correct", pane.session_id, "waiting")
    (evidence,) = board.data("session", "why", pane.session_id)["evidence"]
    assert evidence["need"] == "question"


@pytest.mark.parametrize(
    ("words", "field"),
    [(("sleeping",), "'sleeping' is no state"), (("waiting", "--need", "food"), "'food' is no need")],
)
def test_words_that_are_none_are_refused_with_those_that_are(board, pane, words, field):
    failure = board.failure("session", "correct", pane.session_id, *words, code=1)
    assert failure["error"] == "invalid_status"
    assert field in failure["message"]
    assert "; there are " in failure["message"]
    assert board.data("session", "why", pane.session_id)["evidence"] == []


def test_nothing_known_is_said_so(board, pane):
    assert "No evidence" in board.run("session", "why", pane.session_id).out


def test_a_watched_session_tells_since_when_why_and_what_counts(board, pane, api):
    now = int(time.time() * 1000)
    wish = {"source": "hook", "state": "waiting", "need": "permission", "detail": "Bash: ls", "at": now - 90_000}
    over = {
        "source": "output",
        "state": "working",
        "detail": "writes",
        "at": now - 99_000,
        "expiresAt": now - 5_000,
    }
    gone = {"source": "title", "state": "idle", "detail": "$", "at": now - 99_000, "expiresAt": now - 95_000}
    short = {"source": "bell", "state": "waiting", "detail": "rang", "at": now, "expiresAt": now + 3_600_000}
    watched(
        api,
        pane,
        state="waiting",
        need="permission",
        because="Bash: ls",
        since=now - 90_000,
        evidence=[wish, over, gone, short],
    )
    why = board.data("session", "why", pane.session_id)
    assert why["activity"]["because"] == "Bash: ls"
    assert [one["source"] for one in why["evidence"]] == ["bell", "hook", "output", "title"], "the newest first"
    told = board.run("session", "why", pane.session_id).out
    for part in ("waiting (permission)", "1 min ago", "s more"):
        assert part in told
    ends = {source: text for text in told.splitlines() for source in ("output", "title") if source in text}
    assert "when told" in ends["output"], "it counted when the state was told, which holds"
    assert "expired" in ends["title"]


def test_one_that_ended_is_done_and_says_how(board, pane, api):
    api("PATCH", f"/api/sessions/{pane.session_id}", {"status": "failed", "reason": "exit status 3"})
    told = board.run("session", "why", pane.session_id).out
    assert "done" in told
    assert "exit status 3" in told


def test_a_conversation_is_taken_up_again_in_a_new_session(board, pane, api):
    path = f"/api/sessions/{pane.session_id}"
    failure = board.failure("session", "resume", pane.session_id, code=1)
    assert failure["message"]
    api("PATCH", path, {"status": "stopped", "conversationId": "conv-7"})
    again = board.run("session", "resume", pane.session_id)
    assert "conv-7" in again.out
    assert pane.session_id in again.out
    new = again.out.splitlines()[0].strip()
    assert board.data("session", "info", new)["restartOf"] == pane.session_id
