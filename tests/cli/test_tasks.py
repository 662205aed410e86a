"""Projects, tasks and subtasks against the real server."""

import io

import pytest

from maestro_tui.cli.call import read_stdin
from maestro_tui.cli.diagnostics import Failure

TASK_KEYS = [
    "id",
    "projectId",
    "parentId",
    "title",
    "description",
    "status",
    "priority",
    "reason",
    "createdAt",
    "updatedAt",
    "startedAt",
    "completedAt",
    "initialPrompt",
    "subtasks",
    "timeline",
    "sessionIds",
    "skillIds",
    "agentIds",
    "dependencies",
    "taskSessionStatuses",
    "revision",
    "schemaVersion",
]


def test_a_created_task_prints_its_id_first_and_has_the_shape_of_the_api(board):
    outcome = board.run("task", "create", "Implement X", "--desc", "Build it", "--priority", "high")
    task_id = outcome.out.splitlines()[0]
    task = board.data("task", "get", task_id)
    assert set(task) >= set(TASK_KEYS)
    assert (task["title"], task["description"], task["priority"]) == ("Implement X", "Build it", "high")
    assert task["projectId"] == board.project_id


def test_a_description_comes_from_a_file_or_standard_input(board, tmp_path):
    path = tmp_path / "text.md"
    path.write_text("line one\nline two\n")
    assert board.data("task", "create", "a", "--file", str(path))["description"].startswith("line one\nline two")
    assert board.data("task", "create", "b", "--desc", "-", stdin="from stdin\n")["description"] == "from stdin"
    failure = board.failure("task", "create", "c", "--file", str(tmp_path / "none"), code=1)
    assert "none cannot be read" in failure["message"]


def test_the_life_of_a_task(board):
    task_id = board.task()
    assert board.data("task", "start", task_id)["status"] == "in_progress"
    blocked = board.data("task", "block", task_id, "--reason", "no keys")
    assert (blocked["status"], blocked["reason"]) == ("blocked", "no keys")
    assert "no keys" in board.run("task", "get", task_id).out
    assert board.data("task", "unblock", task_id)["status"] == "in_progress"
    assert board.data("task", "update", task_id, "--status", "in-review")["status"] == "in_review"
    assert board.data("task", "complete", task_id)["completedAt"]
    assert board.data("task", "delete", task_id) == {"success": True, "id": task_id}
    assert board.failure("task", "get", task_id, code=2)["error"] == "resource_not_found"


def test_without_an_id_the_only_task_of_the_environment_is_meant(board):
    task_id = board.task()
    env = {"MAESTRO_TASK_IDS": task_id}
    assert board.data("task", "get", env=env)["id"] == task_id
    assert board.data("task", "complete", env=env)["status"] == "completed"
    subtask = board.data("subtask", "create", "a step", env=env)
    assert board.data("subtask", "complete", subtask["id"], env=env)["completed"] is True
    assert board.failure("task", "get", code=1)["error"] == "missing_task_id"


@pytest.mark.parametrize(
    ("argv", "code", "word"),
    [
        (("task", "update", "T", "--status", "done"), "invalid_status", "completed"),
        (("task", "update", "T", "--priority", "urgent"), "invalid_priority", "high"),
        (("task", "create", "x", "--priority", "hihg"), "invalid_priority", "low, medium, high"),
        (("task", "list", "--status", "nonsense"), "invalid_status", "todo"),
        (("task", "update", "T"), "missing_required_field", "--status"),
        (("task", "create", " "), "missing_required_field", "title"),
    ],
)
def test_wrong_words_are_answered_with_the_allowed_ones(board, argv, code, word):
    task_id = board.task()
    failure = board.failure(*(task_id if part == "T" else part for part in argv), code=1)
    assert failure["error"] == code
    assert word in failure["message"]


def test_a_unique_part_of_an_id_is_enough(board):
    task_id = board.task()
    assert board.data("task", "get", task_id[:-1])["id"] == task_id
    assert board.data("task", "start", task_id.rpartition("_")[2])["id"] == task_id
    board.task("another")
    failure = board.failure("task", "get", task_id[:12], code=1)
    assert failure["error"] == "invalid_task_id"
    assert task_id in failure["details"]["candidates"]


def test_a_slip_meets_no_document(board):
    task_id = board.task()
    for slip in ("t", "task_", task_id.rpartition("_")[2][:3]):
        assert board.failure("task", "get", slip, code=2)["error"] == "resource_not_found"
    assert board.failure("task", "delete", task_id[:-1], code=2)["error"] == "resource_not_found"
    assert board.failure("project", "delete", board.project_id[:-1], code=2)["error"] == "resource_not_found"


def test_lists_are_filtered_limited_and_quiet_on_request(board):
    first, second, third = board.task("a"), board.task("b", "--priority", "high"), board.task("c")
    board.run("task", "start", third)
    assert [task["id"] for task in board.data("task", "list")] == [first, second, third]
    assert board.run("task", "list", "--status", "todo,blocked", "-q").out.split() == [first, second]
    assert board.run("task", "list", "--priority", "high", "-q").out.split() == [second]
    limited = board.run("task", "list", "--limit", "1")
    assert "1 of 3" in limited.err
    assert first in limited.out
    assert second not in limited.out
    assert len(board.data("task", "list", "--all")) >= 3


def test_children_and_the_tree(board):
    root = board.task("root")
    child = board.task("child", "--parent", root)
    grandchild = board.task("grandchild", "--parent", child)
    board.run("subtask", "create", child, "a step")
    board.run("task", "complete", grandchild)
    board.task("another root")
    assert board.run("task", "children", root, "-q").out.split() == [child]
    assert board.run("task", "children", root, "--recursive", "-q").out.split() == [child, grandchild]
    assert board.run("task", "list", root, "-q").out.split() == [root, child]
    tree = board.data("task", "tree", "--root", root)
    assert [node["id"] for node in tree] == [root]
    assert tree[0]["children"][0]["children"][0]["id"] == grandchild
    assert board.data("task", "tree", "--depth", "1")[0]["children"] == []
    done = board.data("task", "tree", "--status", "completed")
    assert [node["id"] for node in done] == [root]
    text = board.run("task", "tree").out
    assert "└─ todo  child" in text
    assert "[ ] sub_" in text


def test_subtasks_by_id_by_beginning_and_by_title(board):
    task_id = board.task()
    first = board.data("subtask", "create", task_id, "First step", "--desc", "why")
    second = board.data("subtask", "create", task_id, "Second step")
    assert first["description"] == "why"
    assert board.data("subtask", "complete", task_id, first["id"])["completed"] is True
    assert board.data("subtask", "reopen", task_id, "first step")["completed"] is False
    assert board.data("subtask", "complete", task_id, second["id"].rpartition("_")[2])["completed"] is True
    assert board.run("subtask", "list", task_id, "-q").out.split() == [first["id"], second["id"]]
    assert f"[x] {second['id']}" in board.run("subtask", "list", task_id).out
    assert board.data("subtask", "delete", task_id, second["id"])["id"] == second["id"]
    assert board.failure("subtask", "complete", task_id, "sub_1_none", code=2)["suggestion"].endswith(task_id)


def test_an_unknown_project_of_the_environment_is_named_with_what_to_type_instead(board):
    env = {"MAESTRO_PROJECT_ID": "proj_none"}
    failure = board.failure("task", "create", "A title", env=env, code=2)
    assert failure["error"] == "resource_not_found"
    assert "'proj_none' (MAESTRO_PROJECT_ID)" in failure["message"]
    assert failure["suggestion"].startswith('maestro task create "A title" --project proj_')
    assert board.project_id in failure["details"]["projects"]


def test_without_a_project_the_choice_is_explained(board):
    board.run("project", "create", "second")
    failure = board.failure("task", "create", "x", env={"MAESTRO_PROJECT_ID": ""}, code=1)
    assert failure["error"] == "missing_project_id"
    assert "--project ID" in failure["message"]
    assert failure["suggestion"].startswith("maestro project use proj_")


def test_projects(board, tmp_path):
    directory = tmp_path / "somewhere"
    project = board.data("project", "create", "docs", "-d", str(directory), "--desc", "words")
    assert (project["workingDir"], project["description"]) == (str(directory), "words")
    assert board.data("project", "get", project["id"]) == project
    assert project["id"] in board.run("project", "list", "--limit", "0").out
    used = board.data("project", "use", project["id"], env={"MAESTRO_PROJECT_ID": ""})
    assert used["config"] == str(tmp_path / ".maestro" / "config")
    env = {"MAESTRO_PROJECT_ID": ""}
    assert board.data("task", "create", "there", env=env)["projectId"] == project["id"]
    assert board.failure("project", "delete", project["id"], code=1)["error"] == "invalid_request"
    board.run("project", "delete", board.data("project", "create", "empty")["id"])
    assert board.failure("project", "use", "proj_none", code=2)["error"] == "resource_not_found"


def test_using_a_project_keeps_the_other_lines_of_the_config_file(board, tmp_path):
    config = tmp_path / ".maestro" / "config"
    config.parent.mkdir(mode=0o700)
    config.write_text("# mine\nMAESTRO_RETRIES=1\nMAESTRO_PROJECT_ID=old\n")
    board.run("project", "use", board.project_id)
    assert config.read_text() == f"# mine\nMAESTRO_RETRIES=1\nMAESTRO_PROJECT_ID={board.project_id}\n"


def test_text_from_outside_is_cleaned_for_people_and_kept_for_programs(scripted, scripted_env, maestro):
    title = "\x1b]0;owned\x07\x1b[31mred\u202e"
    task = {"id": "task_1", "title": title, "status": "todo", "priority": "low", "projectId": "proj_1"}
    scripted.will(200, {"data": [task], "pagination": {"total": 1, "hasMore": False}})
    scripted.will(200, [task])
    assert "\x1b" not in maestro("task", "list", env=scripted_env).out
    assert maestro("task", "list", "--json", env=scripted_env).data[0]["title"] == title


def test_every_field_of_a_task_can_be_given_and_changed(board):
    first, parent = board.task("first"), board.task("parent")
    task = board.data(
        "task", "create", "--title", "x", "--parent", parent, "--skill", "maestro-worker", "--depends-on", first
    )
    assert (task["parentId"], task["skillIds"], task["dependencies"]) == (parent, ["maestro-worker"], [first])
    changed = board.data("task", "update", task["id"], "--title", "y", "--desc", "d", "--priority", "LOW")
    assert (changed["title"], changed["description"], changed["priority"]) == ("y", "d", "low")
    assert board.data("task", "update", task["id"], "--parent", "none")["parentId"] is None
    cancelled = board.data("task", "update", task["id"], "--status", "cancelled", "--reason", "not needed")
    assert (cancelled["status"], cancelled["reason"]) == ("cancelled", "not needed")


def test_the_only_project_is_the_default(scripted, scripted_env, maestro):
    env = {**scripted_env, "MAESTRO_PROJECT_ID": ""}
    scripted.will(200, [{"id": "proj_9", "name": "only"}])
    scripted.will(200, [])
    assert maestro("task", "list", "--json", env=env).data == []
    assert scripted.requests[-1][1] == "/api/tasks?projectId=proj_9"
    scripted.will(200, [])
    none = maestro("task", "create", "x", "--json", env=env)
    assert (none.code, none.document["error"]) == (1, "missing_project_id")
    assert none.document["suggestion"] == "maestro project create NAME"


def test_a_long_list_is_read_in_pages(scripted, scripted_env, maestro):
    task = {"id": "task_1", "title": "x", "status": "todo", "priority": "low"}
    scripted.will(200, {"data": [task] * 500, "pagination": {"total": 700, "hasMore": True}})
    scripted.will(200, {"data": [task] * 100, "pagination": {"total": 700, "hasMore": True}})
    assert len(maestro("task", "list", "--limit", "600", "--json", env=scripted_env).data) == 600
    assert scripted.requests[1][1] == "/api/tasks?projectId=proj_1&limit=100&offset=500"


@pytest.mark.parametrize("argv", [("task", "list", "--limit", "-1"), ("task", "tree", "--depth", "0")])
def test_numbers_are_checked(board, argv):
    assert "must be a whole number" in board.failure(*argv, code=1)["message"]


def test_standard_input_that_is_no_text_is_refused(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8"))
    with pytest.raises(Failure, match="not UTF-8"):
        read_stdin()


def test_what_is_not_found_may_be_meant_by_its_title_or_be_misspelt(board):
    task_id = board.task("Quaternion endpoint")
    for given in ("quaternion", f"{task_id[:-1]}-"):
        failure = board.failure("task", "get", given, code=2)
        assert failure["error"] == "resource_not_found"
        assert f"did you mean {task_id} “Quaternion endpoint”?" in failure["message"]
        assert failure["suggestion"] == f"maestro task get {task_id}"
    assert "did you mean" not in board.failure("task", "get", "zzzzzz", code=2)["message"]


def test_a_wrong_word_is_put_right_in_the_command_that_was_typed(board):
    task_id = board.task()
    failure = board.failure("task", "update", task_id, "--status", "done", code=1)
    assert failure["suggestion"] == f"maestro task update {task_id} --status completed"
