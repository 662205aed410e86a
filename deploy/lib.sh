# What install.sh, upgrade.sh and uninstall.sh share. POSIX sh; sourced, not run.
#
# Each version has an environment of its own in $MAESTRO_PREFIX/versions; `current` links to the one in
# use and `previous` to the one before it, so going back is changing a link.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
prefix=${MAESTRO_PREFIX:-$HOME/.local/share/maestro-tui}
bin=${MAESTRO_BIN:-$HOME/.local/bin}
units=$HOME/.config/systemd/user
python=${PYTHON:-python3}

say() { printf 'maestro-tui: %s\n' "$*"; }
die() { printf 'maestro-tui: %s\n' "$*" >&2; exit 1; }

# Install SOURCE (a directory, a wheel, or a name and version) into an environment of its own; prints its path.
build() {
    mkdir -p "$prefix/versions"
    made=$(mktemp -d "$prefix/versions/new.XXXXXX")
    "$python" -m venv "$made" || { rm -rf "$made"; die "cannot make an environment; on Debian: apt install python3-venv"; }
    "$made/bin/python" -I -m pip install --quiet --disable-pip-version-check "$1" >&2 ||
        { rm -rf "$made"; die "the installation of $1 failed; nothing was changed"; }
    "$made/bin/maestro-tui" --version >/dev/null || { rm -rf "$made"; die "what was installed does not start"; }
    printf '%s\n' "$made"
}

# Make LINK lead to TARGET in one step.
point() {
    ln -s "$2" "$1.new.$$"
    mv -fT "$1.new.$$" "$1" 2>/dev/null || { rm -f "$1"; mv "$1.new.$$" "$1"; }
}

# The sessions whose agents live in a home, with or without a server.
live_agents() {
    "$prefix/current/bin/python" -I - "$1" <<'EOF'
import sys
from pathlib import Path
from maestro_tui.ptyhost.registry import Fate, fate
folders = sorted((Path(sys.argv[1]) / "sessions").glob("*/"))
print(*(one.name for one in folders if fate(one) in (Fate.STARTING, Fate.RUNNING, Fate.ORPHANED)))
EOF
}

# Whether the user's unit runs at the moment.
running() { command -v systemctl >/dev/null && systemctl --user --quiet is-active maestro-tui 2>/dev/null; }
