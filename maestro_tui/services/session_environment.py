"""Which variables a session's document may hold: never a secret, never one that changes how programs load."""

import re
from collections.abc import Mapping

from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.text import clean_line

__all__ = ["check", "storable"]

MOST_VARIABLES = 100
LONGEST_VALUE = 4096
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_OURS = re.compile(
    r"LD_.*|DYLD_.*|PYTHON.*|PATH|MAESTRO_.*"  # what runs, and as whom
    r"|HOME|SHELL|IFS|ENV|BASH_ENV|BASH_FUNC.*|PROMPT_COMMAND|SSH_.*"  # where shells and keys are found
    r"|NODE_OPTIONS|NODE_PATH|PERL5.*|RUBYOPT|RUBYLIB|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS"  # code to load first
    r"|GIT_(SSH|EXEC_PATH|CONFIG|EXTERNAL_DIFF|EDITOR|PAGER|ASKPASS|TEMPLATE_DIR|PROXY).*"  # programs git starts
)
_SECRET = re.compile(r".*(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY).*")


def check(env: Mapping[str, object]) -> dict[str, str]:
    """The variables of a spawn request, all of them allowed.

    Raises Invalid for those that decide what runs and as whom (`LD_*`, `PATH`, `MAESTRO_*`, `BASH_ENV`,
    `NODE_OPTIONS`, …); for names that announce a secret; and for what no environment can hold.
    """
    if len(env) > MOST_VARIABLES:
        raise Invalid.field("env", f"has {len(env)} variables; {MOST_VARIABLES} are allowed")
    return {name: _checked(name, value) for name, value in env.items()}


def storable(env: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a client reports may be kept: the rest belongs to the process, not to a document."""
    return {
        name: clean_line(value)[:LONGEST_VALUE]
        for name, value in list(env.items())[:MOST_VARIABLES]
        if _NAME.fullmatch(name) and not _OURS.fullmatch(name.upper()) and not _SECRET.fullmatch(name.upper())
    }


def _checked(name: str, value: object) -> str:
    path = f"env.{clean_line(name)[:128]}"
    if not _NAME.fullmatch(name):
        raise Invalid.field(path, "is not the name of a variable: letters, digits and _ only")
    if _OURS.fullmatch(name.upper()):
        raise Invalid.field(path, "may not be set by a spawn", suggestion="Leave it out; the runner sets it.")
    if _SECRET.fullmatch(name.upper()):
        raise Invalid.field(
            path,
            "looks like a secret, and a session's document is no place for one",
            suggestion="Set it where the runner is started, or in the agent's `env` of config.toml.",
        )
    if not isinstance(value, str) or len(value) > LONGEST_VALUE or clean_line(value) != value.strip():
        raise Invalid.field(
            path, f"must be a string of at most {LONGEST_VALUE} characters without control characters"
        )
    return value
