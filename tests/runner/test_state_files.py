"""The files that agents keep of their conversations: which step is the last, and what it says."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.runner.state_files import StateFile, last_step


def lines(*entries):
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


PROMPT = {"type": "user", "message": {"role": "user", "content": "Fix the login"}}
TOOL = {"type": "assistant", "message": {"stop_reason": "tool_use", "content": [{"type": "tool_use"}]}}
STREAMING = {"type": "assistant", "message": {"stop_reason": None, "content": [{"type": "text", "text": "I"}]}}
RESULT = {"type": "user", "message": {"content": [{"type": "tool_result", "content": "ok"}]}}
DONE = {"type": "assistant", "message": {"stop_reason": "end_turn", "content": [{"type": "text", "text": "Done"}]}}
STOPPED = {"type": "user", "message": {"content": [{"type": "text", "text": "[Request interrupted by user]"}]}}
SUMMARY = {"type": "summary", "summary": "Fixing the login"}
SIDE = {"type": "assistant", "isSidechain": True, "message": {"stop_reason": "end_turn"}}


BEGUN_IN_JANUARY = "019c137e-c100-7000-8000-0123456789ab"
"""2026-01-31 10:00 UTC, as its first 48 bits say."""


def event(kind):
    return {"type": "event_msg", "payload": {"type": kind}}


CALL = {"type": "response_item", "payload": {"type": "function_call", "name": "shell"}}


@pytest.mark.parametrize(
    ("kind", "entries", "state"),
    [
        ("claude", (PROMPT,), "working"),
        ("claude", (PROMPT, STREAMING), "working"),
        ("claude", (PROMPT, TOOL), "working"),
        ("claude", (PROMPT, TOOL, RESULT), "working"),
        ("claude", (PROMPT, DONE), "idle"),
        ("claude", (PROMPT, DONE, SUMMARY), "idle"),
        ("claude", (PROMPT, TOOL, STOPPED), "idle"),
        ("claude", (PROMPT, TOOL, SIDE), "working"),
        ("claude", (SUMMARY,), None),
        ("codex", (event("task_started"),), "working"),
        ("codex", (event("task_started"), CALL, event("token_count")), "working"),
        ("codex", (event("task_started"), CALL, event("task_complete"), event("token_count")), "idle"),
        ("codex", (event("task_started"), event("turn_aborted")), "idle"),
        ("codex", ({"type": "session_meta", "payload": {"id": "x"}},), None),
    ],
)
def test_the_last_step_that_says_something_counts(kind, entries, state):
    step = last_step(kind, b'lf a line"}\n' + lines(*entries) + b'{"type": "user", "mess')
    assert (step and step.state) == state


@given(
    st.sampled_from(["claude", "codex"]),
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "message", "payload"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_nothing_in_a_file_is_too_strange(kind, content):
    last_step(kind, content)


@pytest.mark.parametrize(
    ("kind", "place", "first", "then"),
    [
        ("claude", f".claude/projects/-srv-web-shop/{BEGUN_IN_JANUARY}.jsonl", PROMPT, DONE),
        (
            "codex",
            f".codex/sessions/2026/01/31/rollout-2026-01-31T10-00-00-{BEGUN_IN_JANUARY}.jsonl",
            CALL,
            event("task_complete"),
        ),
    ],
)
def test_only_what_is_new_is_told(tmp_path, kind, place, first, then):
    file = StateFile(kind, BEGUN_IN_JANUARY, "/srv/web.shop", {"HOME": str(tmp_path)})
    assert file.news() is None
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_bytes(lines(first))
    os.utime(path, ns=(0, 5_000_000_000))
    step, at = file.news()
    assert (step.state, at) == ("working", 5000)
    assert file.news() is None
    with path.open("ab") as more:
        more.write(b"x" * 200_000 + b"\n" + lines(then))
    step, _ = file.news()
    assert step.state == "idle"
    with path.open("ab") as more:
        more.write(lines(SUMMARY))
    assert file.news() is None
    path.unlink()
    assert file.news() is None


def test_another_place_may_be_named(tmp_path):
    path = tmp_path / "elsewhere" / "projects" / "-w" / "1.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(lines(DONE))
    file = StateFile("claude", "1", "/w", {"HOME": "/none", "CLAUDE_CONFIG_DIR": str(tmp_path / "elsewhere")})
    assert file.news()[0].state == "idle"
