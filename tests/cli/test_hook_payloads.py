"""What the real agents give their hooks, as recorded of them, and what is made of it.

Claude Code 2.1.197, Codex 0.171.0, opencode 1.18.33; paths and texts are shortened.
"""

import json

import pytest

ASK = {"questions": [{"question": "Which colour?", "header": "Colour", "options": [{"label": "Red"}]}]}
OF_CLAUDE = {"session_id": "956e8bc6-f210-4549-88b3-3cc47373b9d2", "cwd": "/w", "permission_mode": "default"}
THREAD = "01a218f7-6537-7001-882d-f94de74a9914"
TITLE_THREAD = "01a218f7-7625-7031-9e4c-4f4512272767"


def claude(event, **more):
    return {**OF_CLAUDE, "hook_event_name": event, **more}


def codex(thread, asked):
    return {
        "type": "agent-turn-complete",
        "thread-id": thread,
        "turn-id": "01a218f7-6c8d-7942-bc48-f62c8c130c31",
        "cwd": "/w",
        "client": "codex-tui",
        "input-messages": [asked],
        "last-assistant-message": "All done.",
    }


def tell(board, pane, verb, told, *options, env=()):
    outcome = board.run("session", verb, *options, "--payload", json.dumps(told), env={**pane.env, **dict(env)})
    assert (outcome.out, outcome.err) == ("", "")
    return board.data("session", "info", pane.session_id)


def evidence(session):
    return {one["source"]: (one["state"], one["need"], one["detail"]) for one in session["evidence"]}


@pytest.mark.parametrize(
    ("told", "options", "need", "message"),
    [
        (
            claude(
                "PermissionRequest", tool_name="Bash", tool_input={"command": "npm test", "description": "Run"}
            ),
            ("--need", "permission"),
            "permission",
            "wants to use Bash: npm test",
        ),
        (  # the question is asked by way of a permission
            claude("PermissionRequest", tool_name="AskUserQuestion", tool_input=ASK),
            ("--need", "permission"),
            "question",
            "Which colour?",
        ),
        (
            claude("PermissionRequest", tool_name="ExitPlanMode", tool_input={"plan": "1. Do it"}),
            ("--need", "permission"),
            "question",
            "has a plan and asks whether to carry it out",
        ),
        (
            claude(
                "StopFailure",
                error="rate_limit",
                last_assistant_message="API Error: Request rejected (429) · too many requests",
            ),
            ("--need", "error"),
            "error",
            "API Error: Request rejected (429) · too many requests",
        ),
        (
            claude(
                "Notification",
                message="Claude needs your permission",
                notification_type="permission_prompt",
            ),
            (),
            "permission",
            "Claude needs your permission",
        ),
        (
            {"session_id": "ses_1", "tool_name": "bash", "tool_input": {"command": "ls"}},
            ("--need", "permission"),
            "permission",
            "wants to use bash: ls",
        ),
    ],
)
def test_what_an_agent_waits_for_and_what_it_asks(board, pane, told, options, need, message):
    session = tell(board, pane, "needs-input", told, *options)
    assert evidence(session)["hook"] == ("waiting", need, message)
    assert session["needsInput"]["message"] == message


def test_a_reminder_that_it_rests_does_not_take_back_an_error(board, pane):
    tell(board, pane, "resume-working", claude("UserPromptSubmit", prompt="go on"))
    tell(board, pane, "needs-input", claude("StopFailure", error="rate_limit"), "--need", "error")
    reminder = claude("Notification", message="Claude is waiting for your input", notification_type="idle_prompt")
    session = tell(board, pane, "needs-input", reminder)
    assert evidence(session) == {
        "hook": ("waiting", "error", "rate_limit"),
        "notification": ("idle", None, "Claude is waiting for your input"),
    }
    assert session["needsInput"]["active"]


@pytest.mark.parametrize(
    "kind", ["auth_success", "elicitation_complete", "elicitation_response", "push_notification"]
)
def test_other_notices_ask_nothing(board, pane, kind):
    session = tell(board, pane, "needs-input", claude("Notification", message="Done", notification_type=kind))
    assert session["evidence"] == []
    assert not session["needsInput"]["active"]


def test_a_thread_in_which_codex_looks_for_a_title_is_no_turn_of_the_conversation(board, pane, tmp_path):
    place = tmp_path / "sessions" / "2026" / "11" / "26"
    place.mkdir(parents=True)
    (place / f"rollout-2026-11-26T17-46-36-{THREAD}.jsonl").touch()
    env = {"CODEX_HOME": str(tmp_path)}
    board.run("session", "register", env=pane.env)
    title = codex(TITLE_THREAD, "Generate a concise, single-line task title")
    assert tell(board, pane, "idle", title, env=env)["evidence"] == []
    session = tell(board, pane, "idle", codex(THREAD, "Fix it."), env=env)
    assert (session["status"], session["conversationId"]) == ("idle", THREAD)
    session = tell(board, pane, "idle", title, env=env)
    assert session["conversationId"] == THREAD
