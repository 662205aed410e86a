"""The mirror equals the state, whatever comes twice, late or as a whole."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_tui.client.items import Snapshot, WireEvent
from maestro_tui.client.mirror import RESET, Mirror, MirrorChange
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task

MODELS = {"project": Project, "task": Task, "session": Session}
BLANK: dict[str, dict[str, Any]] = {
    "project": {"name": "P"},
    "task": {"projectId": "p", "title": "T"},
    "session": {"projectId": "p", "name": "S", "startedAt": 1, "lastActivity": 1},
}


def wire(kind, identifier, revision=1, **fields):
    times = {"createdAt": 1, "updatedAt": 1}
    return {**BLANK[kind], **times, **fields, "id": identifier, "revision": revision}


def event(seq, name, data, epoch="e"):
    return WireEvent(name, data, 1, epoch, seq)


def snapshot(seq=0, epoch="e", rewound=False, **documents):
    parsed = {
        f"{kind}s": tuple(MODELS[kind].model_validate(one) for one in documents.get(f"{kind}s", ()))
        for kind in MODELS
    }
    return Snapshot(epoch, seq, rewound=rewound, **parsed)


@pytest.fixture
def mirror():
    mirror = Mirror()
    mirror.apply(
        snapshot(
            projects=[wire("project", "p")],
            tasks=[wire("task", "t", 3), wire("task", "c", parentId="t")],
            sessions=[wire("session", "s", taskIds=["t"])],
        )
    )
    return mirror


@pytest.mark.parametrize(
    ("name", "data", "changes"),
    [
        ("project:created", wire("project", "q"), [("project", "q", "created")]),
        ("project:updated", wire("project", "p", 2), [("project", "p", "updated")]),
        ("project:updated", wire("project", "p", 1), []),
        ("project:deleted", {"id": "p"}, [("project", "p", "deleted")]),
        ("task:created", wire("task", "u"), [("task", "u", "created")]),
        ("task:updated", wire("task", "t", 4), [("task", "t", "updated")]),
        ("task:updated", wire("task", "t", 2), []),
        ("task:deleted", {"id": "t"}, [("task", "t", "deleted")]),
        ("task:deleted", {"id": "unknown"}, []),
        ("session:updated", wire("session", "s", 2, taskIds=["t"]), [("session", "s", "updated")]),
        (
            "session:updated",
            wire("session", "s", 2, taskIds=["c"]),
            [("session", "s", "updated"), ("task", "c", "updated"), ("task", "t", "updated")],
        ),
        (
            "session:created",
            wire("session", "r", taskIds=["t"]),
            [("session", "r", "created"), ("task", "t", "updated")],
        ),
        ("session:deleted", {"id": "s"}, [("session", "s", "deleted"), ("task", "t", "updated")]),
        (
            "session:spawn_request",
            {"sessionId": "r", "session": wire("session", "r")},
            [("session", "r", "created")],
        ),
        ("notify:progress", {"task": wire("task", "t", 9)}, []),
        ("task:session_added", {"taskId": "t", "sessionId": "s"}, []),
        ("something:new", {"id": "t"}, []),
    ],
)
def test_what_an_event_changes(mirror, name, data, changes):
    assert mirror.apply(event(1, name, data)) == tuple(MirrorChange(*change) for change in changes)
    assert mirror.seq == 1


def test_the_ways_to_documents(mirror):
    mirror.apply(event(1, "task:created", wire("task", "d", parentId="t", createdAt=0)))
    assert [task.id for task in mirror.tasks_of("p")] == ["d", "c", "t"]
    assert [task.id for task in mirror.children_of("t")] == ["d", "c"]
    assert [session.id for session in mirror.sessions_of("t")] == ["s"]
    assert [session.id for session in mirror.live_sessions("p")] == ["s"]
    assert mirror.tasks["t"].session_ids == ("s",)
    mirror.apply(event(2, "session:updated", wire("session", "s", 2, taskIds=["t"], status="completed")))
    assert mirror.live_sessions("p") == []
    mirror.apply(event(3, "task:updated", wire("task", "d", 2, parentId=None)))
    assert [task.id for task in mirror.children_of("t")] == ["c"]
    assert mirror.tasks_of("nowhere") == mirror.children_of("c") == mirror.sessions_of("c") == []


def test_a_position_passed_already_changes_nothing(mirror):
    mirror.apply(event(5, "task:deleted", {"id": "c"}))
    assert mirror.apply(event(5, "task:created", wire("task", "c"))) == ()
    assert mirror.apply(event(4, "task:created", wire("task", "c"))) == ()
    assert mirror.apply(event(6, "task:created", wire("task", "c"), epoch="other")) == ()
    assert "c" not in mirror.tasks


def test_a_snapshot_replaces_everything_but_never_goes_back(mirror):
    mirror.apply(event(5, "task:created", wire("task", "u")))
    assert mirror.apply(snapshot(4)) == ()
    assert "u" in mirror.tasks
    assert mirror.apply(snapshot(5)) == (RESET,)
    assert mirror.tasks == {}
    assert mirror.apply(snapshot(1, epoch="f", tasks=[wire("task", "v")])) == (RESET,)
    assert set(mirror.tasks) == {"v"}


def test_a_server_that_has_less_than_we_saw_is_believed(mirror):
    mirror.apply(event(5, "task:created", wire("task", "u")))
    assert mirror.apply(snapshot(4, rewound=True)) == (RESET,)
    assert (mirror.seq, mirror.tasks) == (4, {})


def test_what_cannot_be_read_is_kept_as_it_was_and_named(mirror):
    assert mirror.apply(event(1, "task:updated", wire("task", "t", 4, status="dreaming"))) == ()
    assert mirror.tasks["t"].revision == 3
    assert "Task t" in mirror.unreadable["t"]
    mirror.apply(event(2, "task:updated", wire("task", "t", 5)))
    assert mirror.unreadable == {}


class Truth:
    """The documents as a server holds them, and every event it sent."""

    def __init__(self):
        self.documents = {kind: {} for kind in MODELS}
        self.events = []
        self.snapshots = [snapshot(0)]

    def put(self, kind, identifier, **fields):
        held = self.documents[kind].get(identifier)
        document = wire(kind, identifier, held["revision"] + 1 if held else 1, **fields)
        self.documents[kind][identifier] = document
        self._send(f"{kind}:{'updated' if held else 'created'}", document)

    def delete(self, kind, identifier):
        if self.documents[kind].pop(identifier, None):
            self._send(f"{kind}:deleted", {"id": identifier})

    def _send(self, name, data):
        self.events.append(event(len(self.events) + 1, name, data))
        self.snapshots.append(self.snapshot(len(self.events)))

    def snapshot(self, seq):
        """The state now, told as of an earlier position: what a read beside running writes gives."""
        return snapshot(seq, **{f"{kind}s": [*held.values()] for kind, held in self.documents.items()})


COMMANDS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.just("project"), st.sampled_from("pq"), st.fixed_dictionaries({})),
        st.tuples(
            st.just("put"),
            st.just("task"),
            st.sampled_from("abc"),
            st.fixed_dictionaries(
                {"parentId": st.sampled_from([None, "a", "b"]), "projectId": st.sampled_from("pq")}
            ),
        ),
        st.tuples(
            st.just("put"),
            st.just("session"),
            st.sampled_from("xy"),
            st.fixed_dictionaries({"taskIds": st.lists(st.sampled_from("abc"), unique=True)}),
        ),
        st.tuples(st.just("delete"), st.sampled_from(sorted(MODELS)), st.sampled_from("pqabcxy"), st.just({})),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(commands=COMMANDS, data=st.data())
def test_it_equals_the_state_after_any_interleaving(commands, data):
    truth, mirror = Truth(), Mirror()
    mirror.apply(truth.snapshots[0])
    for verb, kind, identifier, fields in commands:
        getattr(truth, verb)(kind, identifier, **fields)
    while mirror.seq < len(truth.events):
        match data.draw(st.sampled_from(["next", "next", "double", "snapshot", "old snapshot", "fuzzy snapshot"])):
            case "next":
                mirror.apply(truth.events[mirror.seq])
            case "double" if mirror.seq:
                mirror.apply(truth.events[data.draw(st.integers(0, mirror.seq - 1))])
            case "snapshot":
                mirror.apply(truth.snapshots[data.draw(st.integers(mirror.seq, len(truth.events)))])
            case "old snapshot":
                mirror.apply(truth.snapshots[data.draw(st.integers(0, mirror.seq))])
            case "fuzzy snapshot":
                mirror.apply(truth.snapshot(mirror.seq))
    _assert_equal(mirror, truth)


def _assert_equal(mirror, truth):
    fresh = Mirror()
    fresh.apply(truth.snapshot(len(truth.events)))
    assert mirror.projects == fresh.projects
    assert mirror.tasks == fresh.tasks
    assert mirror.sessions == fresh.sessions
    for project_id in "pq":
        assert mirror.tasks_of(project_id) == [
            task
            for task in sorted(mirror.tasks.values(), key=lambda task: task.id)
            if task.project_id == project_id
        ]
        assert mirror.live_sessions(project_id) == fresh.live_sessions(project_id)
    for task_id in "abc":
        assert mirror.children_of(task_id) == fresh.children_of(task_id)
        assert mirror.sessions_of(task_id) == fresh.sessions_of(task_id)
