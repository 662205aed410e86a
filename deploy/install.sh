#!/bin/sh
# Install maestro-tui for this user: install.sh [SOURCE]. SOURCE is a directory, a wheel, or a requirement;
# by default the checkout this script is in.
. "$(dirname -- "$0")/lib.sh"

[ ! -e "$prefix/current" ] || die "there is an installation in $prefix; use upgrade.sh"
made=$(build "${1:-${MAESTRO_SOURCE:-$here/..}}")
point "$prefix/current" "$made"
mkdir -p "$bin"
for command in maestro maestro-tui; do
    [ ! -e "$bin/$command" ] || [ -L "$bin/$command" ] || die "$bin/$command is in the way: another program's?"
    point "$bin/$command" "$prefix/current/bin/$command"
done
mkdir -p "$units"
cp "$here/systemd/maestro-tui.service" "$units/maestro-tui.service"
say "installed $("$bin/maestro-tui" --version); start it with maestro-tui, or in the background with"
say "  systemctl --user daemon-reload && systemctl --user enable --now maestro-tui"
case ":$PATH:" in *":$bin:"*) ;; *) say "$bin is not on PATH yet" ;; esac
