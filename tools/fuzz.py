"""Fuzz the interface from its own description: `python -m tools.fuzz [--seconds N] [ARGUMENT …]`.

Starts a server on a home that is thrown away, and lets schemathesis call every route that
`/api/openapi.json` names, with values that fit the document and values that do not, and in sequences:
no answer may be an error of the server or differ from the document, and nothing that was deleted may come back.
503 is none where it is meant: nobody holds the sessions here. More arguments go to schemathesis. The token's
rotation is left out: it would end the run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["main"]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "use_after_free",
)
EXPECTED = '[checks.not_a_server_error]\nexpected-statuses = ["2xx", "3xx", "4xx", "503"]\n'
END_SECONDS = 30.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=240, help="how long at most (default 240)")
    chosen, rest = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        home = Path(name) / "home"
        environment = {**os.environ, "HOME": name, "MAESTRO_HOME": str(home), "MAESTRO_PORT": "0"}
        command = [sys.executable, "-m", "maestro_tui", "serve"]
        log = Path(name) / "log"
        with log.open("w") as errors:
            server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert server.stdout is not None
            if not server.stdout.readline():
                raise SystemExit(f"fuzz: the server did not start:\n{log.read_text()}")
            code = fuzz(json.loads((home / "server.json").read_text()), Path(name), chosen.seconds, rest)
        finally:
            server.terminate()
            server.wait(END_SECONDS)
        failures = [line for line in log.read_text().splitlines() if '"level": "error"' in line]
    for line in failures:
        print(f"fuzz: the server logged {line[:2000]}", file=sys.stderr)
    print(
        f"fuzz: {'passed' if not code and not failures else 'failed'}, errors in the server's log: {len(failures)}"
    )
    return code or bool(failures)


def fuzz(server: dict[str, str], directory: Path, seconds: int, arguments: list[str]) -> int:
    """Run schemathesis in a directory, for what it keeps; its exit status.

    server: what a server publishes of itself, of which `url` and `token` are needed.
    """
    configuration = directory / "schemathesis.toml"
    configuration.write_text(EXPECTED)
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            *("--config-file", str(configuration)),
            *("run", f"{server['url']}/api/openapi.json", "--header", f"Authorization: Bearer {server['token']}"),
            *("--checks", ",".join(CHECKS), "--exclude-path", "/api/token/rotate", "--max-time", str(seconds)),
            *arguments,
        ],
        cwd=directory,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
