#!/usr/bin/env python3
"""Behaves like an agent at its terminal: writes down how it was started, calls its hooks, sets its title.

It understands the options and files with which the real ones are told to call hooks. What it does is
typed into it, a word a line: `permission`, `question`, `limit`, `remind`, `stop`, `prompt`, `exit N`.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib

NAME = pathlib.Path(sys.argv[0]).name
CONVERSATION = "3f9f74a6-6b7c-4a3e-9e1d-2f1f0a9b8c7d"
VERSIONS = {"claude": "2.1.90 (Claude Code)", "codex": "codex-cli 0.143.0", "gemini": "0.40.1"}


def options(name):
    return [sys.argv[at + 1] for at, word in enumerate(sys.argv[:-1]) if word == name]


def conversation():
    return (options("--session-id") + options("--resume") + options("resume") + [CONVERSATION])[0]


def settings():
    if NAME == "claude":
        return json.loads(pathlib.Path(options("--settings")[0]).read_text())
    if NAME == "gemini":
        return json.loads(pathlib.Path(os.environ["GEMINI_CLI_SYSTEM_DEFAULTS_PATH"]).read_text())
    return {"hooks": {}}


def hook(event, **payload):
    """As Claude Code and Gemini do it: a shell command with JSON on its standard input."""
    told = {"session_id": conversation(), "hook_event_name": event, "cwd": os.getcwd(), **payload}
    about = payload.get("notification_type") or payload.get("tool_name") or ""
    for entry in settings()["hooks"].get(event, ()):
        if NAME == "claude" and not re.fullmatch(entry.get("matcher", ".*"), about):
            continue
        for one in entry["hooks"]:
            answer = subprocess.run(
                one["command"], shell=True, input=json.dumps(told).encode(), capture_output=True
            )
            assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b""), answer


def notify(message):
    """As Codex does it: a program with JSON as its last argument."""
    table = tomllib.loads("\n".join(options("-c")))
    told = {"type": "agent-turn-complete", "thread-id": CONVERSATION, "last-assistant-message": message}
    answer = subprocess.run([*table["notify"], json.dumps(told)], capture_output=True)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b""), answer


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def title(text):
    say(f"\x1b]0;{text}\x07")


def permission():
    if NAME == "claude":
        title("✳ Fix it")
        hook("PermissionRequest", tool_name="Bash", tool_input={"command": "npm test"})
        hook(
            "Notification",
            message="Claude needs your permission",
            notification_type="permission_prompt",
        )
    elif NAME == "gemini":
        title("✋  Action Required")
        hook("Notification", message="Allow shell?", notification_type="ToolPermission")
    elif NAME == "codex":
        say("\x1b]7501;state=blocked:app=codex:kind=permission\x1b\\")


def question():
    if NAME == "claude":  # it asks by way of a permission
        asked = {"questions": [{"question": "Which colour?", "options": [{"label": "Red"}]}]}
        hook("PreToolUse", tool_name="AskUserQuestion", tool_input=asked)
        hook("PermissionRequest", tool_name="AskUserQuestion", tool_input=asked)
    elif NAME == "aider":
        subprocess.run(options("--notifications-command")[0], shell=True, check=True)
        say("Run shell command? (Y)es/(N)o/(D)on't ask again [Yes]: ")


def stop():
    if NAME == "codex":
        notify("done")
    elif NAME == "aider":
        subprocess.run(options("--notifications-command")[0], shell=True, check=True)
    else:
        title("✳ Fix it" if NAME == "claude" else "◇  Ready")
        hook("Stop" if NAME == "claude" else "AfterAgent")


def prompt():
    hook("UserPromptSubmit" if NAME == "claude" else "BeforeAgent", prompt="go on")
    title("⠐ Fix it" if NAME == "claude" else "✦  Working…")


def main():
    if sys.argv[1:] == ["--version"]:
        print(VERSIONS.get(NAME, "1.0.0"))
        return
    record = pathlib.Path(os.environ["RECORD"])
    content = {"argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd()}
    record.with_suffix(".part").write_text(json.dumps(content))
    record.with_suffix(".part").rename(record)
    hook("SessionStart", source="startup")
    if NAME == "aider":
        say("No git repo found, create one? (Y)es/(N)o [Yes]: ")
        assert sys.stdin.readline().strip() == "y"
    else:
        prompt()
    say("agent is up\r\n")
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "exit":
            sys.exit(int(rest))
        if word in WORDS:
            WORDS[word]()
        if (NAME, word) != ("aider", "question"):
            say(f"did {word}\r\n")


WORDS = {
    "permission": permission,
    "question": question,
    "remind": lambda: hook(
        "Notification", message="Claude is waiting for your input", notification_type="idle_prompt"
    ),
    "stop": stop,
    "prompt": prompt,
    "limit": lambda: hook("StopFailure", error="rate_limit", last_assistant_message="Limit reached, resets 7pm"),
}

if __name__ == "__main__":
    main()
