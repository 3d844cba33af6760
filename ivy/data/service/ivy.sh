#!/bin/sh
# `ivy` for an administrator: runs as the user ivy, with the secrets that the service has. `ivy init --service` wrote this.
#
# Nothing is left beside the database that ivy itself could not open. Exit code, Ctrl-C and arguments are the program's own;
# an administrator's terminal is not: who has taken over the user ivy could type into it.
set -eu
unset PYTHONPATH PYTHONHOME
program=@ROOT@/current/bin/ivy
secrets=@SECRETS@
handed=/run/ivy-command
export IVY_CONFIG="${IVY_CONFIG:-@CONFIG@}" IVY_STORE__PATH="${IVY_STORE__PATH:-@DATABASE@}"

if [ "$(id -un)" = ivy ]; then
    if [ -z "${CREDENTIALS_DIRECTORY:-}" ] && [ -r /run/credentials/ivy.service ]; then
        export CREDENTIALS_DIRECTORY=/run/credentials/ivy.service
    fi
    exec "$program" "$@"
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "ivy: here it runs for root and the user ivy only; type: sudo ivy ..." >&2
    exit 1
fi

# What writes configuration, or puts one release for another, needs root itself.
command="" value_follows=""
for word in "$@"; do
    if [ -n "$value_follows" ]; then
        value_follows=""
        continue
    fi
    case $word in
        --config) value_follows=yes ;;
        -*) ;;
        *) command=$word && break ;;
    esac
done
case $command in
    init | upgrade) exec "$program" "$@" ;;
esac

if ! id -u ivy > /dev/null 2>&1; then
    echo "ivy: there is no user ivy yet; type: systemd-sysusers && systemd-tmpfiles --create" >&2
    exit 1
fi
mkdir -p "$handed"
# The copies lie in memory, in a mount that only this command sees, and end with it.
exec unshare --mount -- /bin/sh -euc '
    secrets=$1 handed=$2
    shift 2
    mount -t ramfs -o mode=0700,nodev,nosuid,noexec ivy-command "$handed"
    for file in "$secrets"/*; do
        if [ -f "$file" ] && [ ! -L "$file" ]; then
            install -o ivy -g ivy -m 0400 "$file" "$handed/secrets_${file##*/}"
        fi
    done
    chown ivy:ivy "$handed"
    umask 077
    export CREDENTIALS_DIRECTORY="$handed" HOME=/var/lib/ivy USER=ivy LOGNAME="${SUDO_USER:-root}"
    set -- setpriv --reuid=ivy --regid=ivy --init-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"
    if ! (: < /dev/tty) 2> /dev/null; then # no terminal, not even one behind redirections
        exec "$@"
    fi
    if [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && runuser --help 2> /dev/null | grep -q -e --pty; then
        exec runuser --pty --user root -- env HOME="$HOME" USER="$USER" LOGNAME="$LOGNAME" "$@" # a terminal of its own
    fi
    # Part of it is a pipe or a file: it reads and writes the terminal, and no terminal is its own. Ctrl-C is passed on.
    exec 3<&0
    setsid env --default-signal=INT,QUIT "$@" <&3 3<&- &
    child=$! code=0
    exec 3<&-
    trap "kill -INT $child" INT
    trap "kill -TERM $child" TERM HUP
    trap "kill -QUIT $child" QUIT
    trap "" TSTP # else the program and the shell would both read what is typed
    wait "$child" || code=$?
    while kill -0 "$child" 2> /dev/null; do
        code=0
        wait "$child" || code=$?
    done
    exit "$code"
' ivy "$secrets" "$handed" "$program" "$@"
