"""An orchestrator that works from its task: `spawn AGENT: TITLE` lines of the description become sessions.

It writes down that it started, makes a child task and a session for each line, waits for all of them, and
completes its task; it blocks it when one of its children was blocked or failed.
"""

from desk import description, log_start, maestro, maestro_json, task_id


def main() -> None:
    log_start()
    maestro("task", "start", task_id())
    children, sessions = [], []
    for line in description().splitlines():
        agent, _, title = line.removeprefix("spawn ").partition(": ")
        title, _, below = title.partition(" = ")
        child = maestro_json("task", "create", title, "--parent", task_id(), "--desc", below.replace(" & ", "\n"))
        role = "orchestrator" if agent == "lead" else "worker"
        spawned = maestro_json(
            "session", "spawn", "--task", child["id"], "--name", title, "--agent", agent, "--role", role
        )
        children.append(child["id"])
        sessions.append(spawned["sessionId"])
    print("waiting for", len(sessions), flush=True)
    maestro("session", "wait", *sessions, "--timeout", "600")
    undone = [one for one in children if maestro_json("task", "get", one)["status"] != "completed"]
    if undone:
        maestro("task", "block", task_id(), "--reason", f"{len(undone)} of {len(children)} are not done")
    else:
        maestro("task", "complete", task_id())
    print("all told", flush=True)


main()
