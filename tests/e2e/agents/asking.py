"""A worker that lets a person take over: what is typed into its terminal is carried out, `go on` gives it back."""

from desk import log_finish, log_start, maestro, task_id


def main() -> None:
    log_start()
    maestro("report", "needs-input", "Which colour?")
    print("which colour?", flush=True)
    answers = []
    while (line := input("> ")) != "go on":
        answers.append(line)
        print(f"noted: {line}", flush=True)
    maestro("update", f"the person said: {', '.join(answers)}")
    log_finish()
    maestro("task", "complete", task_id())
    print("going on alone", flush=True)


main()
