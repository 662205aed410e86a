#!/bin/sh
# Upgrade to another version: upgrade.sh [SOURCE], or go back to the one before: upgrade.sh --roll-back.
#
# A backup is written first. Agents are not touched: their PTY hosts run on, and the new version finds them.
# When the new version finds the documents wrong, or does not start, the old one stays in use.
. "$(dirname -- "$0")/lib.sh"

[ -L "$prefix/current" ] || die "there is no installation in $prefix; use install.sh"
old=$(readlink "$prefix/current")
home=${MAESTRO_HOME:-$HOME/.maestro}

restart() {
    if running; then systemctl --user restart maestro-tui; say "the server was restarted"; fi
}

if [ "${1:-}" = --roll-back ]; then
    [ -L "$prefix/previous" ] || die "there is no version to go back to"
    point "$prefix/current" "$(readlink "$prefix/previous")"
    point "$prefix/previous" "$old"
    restart
    say "back at $("$prefix/current/bin/maestro-tui" --version); the backups are in $prefix/backups"
    exit 0
fi

if [ -d "$home" ]; then
    mkdir -p "$prefix/backups"
    chmod 700 "$prefix/backups"
    backup="$prefix/backups/before-$(date -u +%Y%m%dT%H%M%SZ)-$$.tar.gz"
    "$prefix/current/bin/maestro-tui" backup "$backup" || die "the backup failed; nothing was changed"
fi
made=$(build "${1:-${MAESTRO_SOURCE:-$here/..}}")
if [ -d "$home" ] && ! "$made/bin/maestro-tui" fsck; then
    rm -rf "$made"
    die "the new version finds the documents wrong; the old one stays in use"
fi
point "$prefix/current" "$made"
point "$prefix/previous" "$old"
if ! restart; then
    point "$prefix/current" "$old"
    systemctl --user restart maestro-tui || true
    die "the new version did not start; the old one is in use again"
fi
for unused in "$prefix/versions"/*; do
    [ "$unused" = "$made" ] || [ "$unused" = "$old" ] || rm -rf "$unused"
done
say "upgraded to $("$bin/maestro-tui" --version); to go back: $0 --roll-back"
