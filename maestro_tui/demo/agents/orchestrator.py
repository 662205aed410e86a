"""A scripted orchestrator: reads its task, splits it, starts two workers, waits and sums up."""

from typing import Any

from stage import finish, maestro, maestro_json, say, think, title  # type: ignore[import-not-found]

STEPS = ("Split the work", "Start the workers", "Gather the results")
PLAN = (
    {
        "title": "Payment endpoint",
        "description": "POST /payments validates the basket and charges the card.",
        "worker": "API worker",
        "steps": ("Design the route", "Validate the basket", "Charge the card"),
    },
    {
        "title": "Confirmation mail",
        "description": "A customer gets a mail with the order after paying.",
        "worker": "Mail worker",
        "steps": ("Write the template", "Send through the provider"),
    },
)


def main() -> None:
    task = maestro_json("task", "get")
    title(f"Orchestrator · {task['title']}")
    say(task["description"])
    maestro("task", "start", task["id"])
    own = [maestro_json("subtask", "create", task["id"], step)["id"] for step in STEPS]

    think("reading the brief and looking for seams")
    parts = [split(task, part) for part in PLAN]
    maestro("subtask", "complete", task["id"], own[0])

    sessions = [start_worker(child, part) for child, part in zip(parts, PLAN, strict=True)]
    maestro("update", f"{len(sessions)} workers started")
    maestro("subtask", "complete", task["id"], own[1])

    say("waiting for the workers …")
    maestro("session", "wait", *sessions, "--timeout", "600")
    for child in parts:
        result = maestro_json("task", "get", child["id"])
        say(f"{result['title']}: {result['status']}" + (f" ({result['reason']})" if result["reason"] else ""))
    maestro("subtask", "complete", task["id"], own[2])
    maestro("update", "One part is done, one waits for a person: see the blocked task")
    maestro("task", "update", task["id"], "--status", "in_review")
    finish("The plan is carried out as far as it goes.")


def split(task: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """One child task with its subtasks."""
    child: dict[str, Any] = maestro_json(
        "task",
        "create",
        part["title"],
        "--desc",
        part["description"],
        "--priority",
        "high",
        "--parent",
        task["id"],
    )
    for step in part["steps"]:
        maestro("subtask", "create", child["id"], step)
    return child


def start_worker(child: dict[str, Any], part: dict[str, Any]) -> str:
    """A worker on one child task; its session id."""
    spawned = maestro_json(
        "session", "spawn", "--task", child["id"], "--name", part["worker"],
        "--skill", "maestro-worker", "--agent", "demo-worker", "--reason", f"Do {part['title']!r}",
    )  # fmt: skip
    return str(spawned["sessionId"])


main()
