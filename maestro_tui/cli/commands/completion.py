"""`maestro completion SHELL` and what its scripts ask: commands, flags, and real ids with their titles."""

from collections.abc import Iterable, Iterator, Sequence

from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.grammar import Argument, Command, Flag
from maestro_tui.cli.output import Result
from maestro_tui.cli.parser import find
from maestro_tui.cli.table import COMMANDS, GLOBAL_FLAGS

__all__ = ["offers", "script"]

Offer = tuple[str, str]

TIMEOUT_SECONDS = 1.0
LISTS = {
    "task": ("/api/tasks", "title"),
    "session": ("/api/sessions", "name"),
    "project": ("/api/projects", "name"),
}

SCRIPTS = {
    "bash": """_maestro() {
    local IFS=$'\\n' words
    words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    COMPREPLY=($(compgen -W "$(maestro __complete -- "${words[@]}" 2>/dev/null | cut -f1)" -- "${words[-1]}"))
}
complete -o default -F _maestro maestro
""",
    "zsh": """#compdef maestro
_maestro() {
    local line
    local -a offers
    for line in "${(@f)$(maestro __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] && offers+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
    done
    _describe 'maestro' offers || _files
}
compdef _maestro maestro
""",
    "fish": """function __maestro_offers
    set -l words (commandline -opc) (commandline -ct)
    maestro __complete -- $words[2..-1] 2>/dev/null
end
complete -c maestro -a '(__maestro_offers)'
""",
}


def script(call: Call) -> Result:
    shell = call.invocation.text("shell") or ""
    if shell not in SCRIPTS:
        raise Failure(
            "invalid_request",
            f"'{shell}' is no shell with completion; allowed: {', '.join(SCRIPTS)}",
            suggestion="maestro completion bash",
            details={"allowed": list(SCRIPTS)},
        )
    text = SCRIPTS[shell]
    return Result({"shell": shell, "script": text}, text.splitlines(), is_whole=True)


def offers(call: Call) -> Result:
    """Candidates for the last of the words typed so far, one per line with a tab and a description."""
    typed = call.invocation.words("words")
    current = typed[-1] if typed else ""
    found = [offer for offer in _candidates(call, typed[:-1], current) if offer[0].startswith(current)]
    return Result(
        [{"value": value, "help": text} for value, text in found], [f"{one}\t{text}" for one, text in found]
    )


def _candidates(call: Call, before: Sequence[str], current: str) -> Iterable[Offer]:
    path, given = _split(before)
    command = find(path)
    if command is None:
        return _next_words(path) if not current.startswith("-") else _flags(GLOBAL_FLAGS)
    if current.startswith("-"):
        return [*_flags(command.flags), *_flags(GLOBAL_FLAGS)]
    return _values(call, _offered(command, given))


def _split(before: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words of the command's path, and what came after it."""
    path: list[str] = []
    for index, word in enumerate(before):
        if find(path) is not None:
            return path, list(before[index:])
        if not word.startswith("-"):
            path.append(word)
    return path, []


def _next_words(path: Sequence[str]) -> Iterator[Offer]:
    seen = set()
    for command in COMMANDS:
        words = command.path.split()
        if command.hidden or words[: len(path)] != list(path) or len(words) == len(path):
            continue
        word = words[len(path)]
        if word not in seen:
            seen.add(word)
            yield word, command.summary if len(words) == len(path) + 1 else f"{word} …"


def _flags(flags: Iterable[Flag]) -> Iterator[Offer]:
    for flag in flags:
        if not flag.hidden:
            yield flag.names[0], flag.help


def _offered(command: Command, given: Sequence[str]) -> str:
    """What the next word is: the value of the flag before it, or the next argument."""
    last = given[-1] if given else ""
    for flag in (*command.flags, *GLOBAL_FLAGS):
        if last in flag.names and flag.value:
            return flag.offers
    for argument in command.arguments:
        if last in argument.also:
            return argument.offers
    used = sum(not word.startswith("-") for word in given)
    rest: Sequence[Argument] = command.arguments[used:] or command.arguments[-1:]
    return rest[0].offers if rest and (used < len(command.arguments) or rest[0].many) else ""


def _values(call: Call, offered: str) -> list[Offer]:
    if offered == "skill":
        return _listed(call, "/api/skills", "description", {})
    if offered in LISTS:
        path, label = LISTS[offered]
        project = call.context.project()
        filters = {"projectId": project.value} if project and offered != "project" else {}
        return _listed(call, path, label, filters)
    if offered == "subtask":
        own = call.context.task_ids
        return _listed(call, f"/api/tasks/{own[0]}/subtasks", "title", {}) if len(own) == 1 else []
    return [(word, "") for word in offered.split()]


def _listed(call: Call, path: str, label: str, filters: dict[str, str]) -> list[Offer]:
    """Ids and titles from the server; nothing where it does not answer at once."""
    from maestro_tui.cli.layout import line

    try:
        rows = call.connect(retries=0, timeout_seconds=TIMEOUT_SECONDS).get(path, **filters)
    except Failure as failure:
        call.debug(failure.message)
        return []
    return [(str(row["id"]), line(row.get(label))) for row in rows]
