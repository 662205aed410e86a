"""Settings on the command line: flags for one start, and `config show`, which says where each value came from."""

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.text import clean_line
from maestro_tui.paths import Home
from maestro_tui.redaction import HIDDEN

if TYPE_CHECKING:
    from maestro_tui.config.sources import LoadedSettings

__all__ = ["add", "add_commands", "given"]

FLAGS: Mapping[str, tuple[tuple[str, str], str]] = {
    "port": (("server", "port"), ""),
    "bind": (("server", "bind"), "a further address to listen on; takes a token of yours and TLS or a proxy"),
    "tls_cert": (("server", "tlsCert"), "the certificate chain for --bind, PEM"),
    "tls_key": (("server", "tlsKey"), "the certificate's key, PEM"),
    "token_file": (("server", "tokenFile"), "the file with the owner's token, at least 32 characters"),
}
"""Flag to key and help. `--port` is added beside its command."""


def add(parser: argparse.ArgumentParser, *, absent: Any) -> None:
    """Add the flags that set a value for one start. absent: what is stored when one is not given."""
    for name, (_, text) in FLAGS.items():
        if text:
            parser.add_argument(f"--{name.replace('_', '-')}", default=absent, help=text)
    parser.add_argument(
        "--behind-proxy", action="store_true", default=absent, help="a proxy in front of --bind ends TLS"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=absent,
        metavar="NAME",
        help="a further name to answer to; repeat it",
    )
    parser.add_argument(
        "--set", action="append", default=absent, metavar="KEY=VALUE", help="any setting: --set spawn.maxLive=8"
    )


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add `config show` and `config variables`."""
    config = commands.add_parser("config", help="show the settings in force")
    actions = config.add_subparsers(title="actions", metavar="", required=True)
    show = actions.add_parser("show", help="every setting; what is wrong with a source goes to standard error")
    show.add_argument("--origin", action="store_true", help="with where each value came from")
    show.add_argument("--json", action="store_true", help="as JSON")
    show.add_argument("--port", type=int, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    add(show, absent=argparse.SUPPRESS)
    show.set_defaults(run=_show)
    variables = actions.add_parser("variables", help="an environment file with every variable and its default")
    variables.set_defaults(run=_variables)


def given(arguments: argparse.Namespace) -> dict[tuple[str, ...], Any]:
    """What the flags say, by key. Raises Invalid for `--set` without `=`, or of no key."""
    values = {path: getattr(arguments, name, None) for name, (path, _) in FLAGS.items()}
    values["server", "behindProxy"] = getattr(arguments, "behind_proxy", None)
    values["server", "allowedHosts"] = getattr(arguments, "allow_host", None)
    return values | dict(_pairs(getattr(arguments, "set", None) or ()))


def _pairs(wishes: "list[str] | tuple[()]") -> Iterator[tuple[tuple[str, ...], Any]]:
    from maestro_tui.config.variables import KEYS, key_path, parsed

    for wish in wishes:
        key, mark, value = wish.partition("=")
        path = key_path(key.strip())
        if not mark or (path not in KEYS and path[0] != "keys"):
            raise Invalid(
                f"--set {clean_line(wish)}: there is no such setting", suggestion="maestro-tui config show"
            )
        yield path, parsed(path, value.strip())


def _show(arguments: argparse.Namespace) -> int:
    """0 all sources are right, 1 something in them does not count."""
    import sys

    from maestro_tui.config.sources import load_settings

    loaded = load_settings(Home.from_environment().config, flags=given(arguments))
    rows = list(_rows(loaded))
    if arguments.json:
        print(
            json.dumps([{"key": key, "value": value, "origin": origin} for key, value, origin in rows], indent=2)
        )
    else:
        lines = [
            (f"{key} = {clean_line(json.dumps(value, ensure_ascii=False))}", origin) for key, value, origin in rows
        ]
        width = max(len(line) for line, _ in lines)
        for line, origin in lines:
            print(f"{line:<{width}}  {clean_line(origin)}" if arguments.origin else line)
    for finding in loaded.findings:
        print(f"maestro-tui: {clean_line(str(finding))}", file=sys.stderr)
    return 1 if loaded.findings else 0


def _variables(_: argparse.Namespace) -> int:
    from maestro_tui.config.variables import example

    print(example(), end="")
    return 0


def _rows(loaded: "LoadedSettings") -> Iterator[tuple[str, Any, str]]:
    """Key, value and origin of every setting. What an agent's environment holds may be a secret: names only."""
    from maestro_tui.config.variables import KEYS

    document = loaded.settings.model_dump(mode="json", by_alias=True)
    for path in KEYS:
        value: Any = document
        for word in path:
            value = value[word]
        yield ".".join(path), value, loaded.origins.get(path, "default")
    for action, key in document["keys"].items():
        yield f'keys."{action}"', key, loaded.origins.get(("keys", action), "default")
    for name, profile in document["agents"].items():
        profile["env"] = dict.fromkeys(profile["env"], HIDDEN)
        origins = {origin for path, origin in loaded.origins.items() if path[:2] == ("agents", name)}
        yield f"agents.{name}", profile, ", ".join(sorted(origins)) or "default"
