"""A worker: waits for its signal where it is given one, then does, fails or blocks as its description says."""

import sys

from desk import await_signal, description, log_finish, log_start, maestro, maestro_json, task_id


def main() -> None:
    log_start()
    maestro("task", "start", task_id())
    step = maestro_json("subtask", "create", task_id(), "The only step")["id"]
    print("at work", flush=True)
    await_signal()
    match description():
        case "fails":
            maestro("report", "error", "The compiler is missing")
            sys.exit(3)
        case "blocks":
            maestro("task", "block", task_id(), "--reason", "Waits for the keys")
        case _:
            maestro("subtask", "complete", task_id(), step)
            log_finish()
            maestro("task", "complete", task_id())
    print("finished", flush=True)


main()
