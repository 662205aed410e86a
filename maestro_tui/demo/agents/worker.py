"""A scripted worker: does the subtasks of its task one by one, and says so when it cannot go on."""

from stage import finish, maestro, maestro_json, say, title, work  # type: ignore[import-not-found]

OBSTACLES = {"Send through the provider": "The mail provider's test key is missing"}
"""What stands in the way of a subtask, by its title."""


def main() -> None:
    task = maestro_json("task", "get")
    title(f"Worker · {task['title']}")
    say(task["description"])
    maestro("task", "start", task["id"])
    for subtask in task["subtasks"]:
        if reason := OBSTACLES.get(subtask["title"]):
            maestro("task", "block", task["id"], "--reason", reason)
            finish("Blocked: a person has to help.")
        work(subtask["title"])
        maestro("subtask", "complete", task["id"], subtask["id"])
        maestro("update", f"{subtask['title']}: done")
    maestro("task", "complete", task["id"])
    finish("All subtasks are done.")


main()
