"""One program in one pseudo-terminal, started so that nothing of the host reaches it by accident.

Only the single-threaded host forks. Whatever could fail between fork and exec is checked before,
or done where the failure is reported back instead of leaving a second copy of the host running.
"""

import errno
import fcntl
import os
import signal
import struct
import termios
from collections.abc import Mapping, Sequence

from ptyprocess import PtyProcess

__all__ = ["Pty", "StartFailed", "resolve"]

READ_BYTES = 64 << 10
WRITE_BYTES = 4096
IUTF8 = 0o40000
_DEFAULT_AGAIN = (
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGPIPE",
    "SIGTERM",
    "SIGCHLD",
    "SIGXFSZ",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
)


class StartFailed(Exception):
    """The program could not be started. code: `agent_not_installed`, `cwd_missing` or `exec_failed`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Pty:
    """The master side of a terminal and the pid of the program in it."""

    def __init__(self, process: PtyProcess) -> None:
        # Held for good: the library kills the program when its last reference goes.
        self._process = process
        self.pid: int = process.pid
        self.fd: int = process.fd
        os.set_inheritable(self.fd, False)
        os.set_blocking(self.fd, False)

    @classmethod
    def start(
        cls,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str],
        columns: int,
        rows: int,
        umask: int = 0o022,
        keep: Sequence[int] = (),
    ) -> "Pty":
        """Start argv in a new terminal of the given size. Raises StartFailed.

        umask: for the program. keep: file descriptors it inherits, besides its terminal.
        """
        command = [resolve(argv, cwd, env), *argv[1:]]
        _check_words(command, env)

        def prepare() -> None:
            os.chdir(cwd)
            os.umask(umask)
            for descriptor in keep:
                os.set_inheritable(descriptor, True)
            _default_signals()
            _prepare_line(0)

        try:
            process = PtyProcess.spawn(
                command, env=dict(env), preexec_fn=prepare, dimensions=(rows, columns), pass_fds=keep
            )
        except Exception as error:  # the library names the class it raises by what the child sent
            raise StartFailed("exec_failed", f"cannot start {command[0]}: {error}") from error
        return cls(process)

    def read(self) -> bytes | None:
        """What the program wrote, up to 64 KiB; empty when nothing waits, None when every end is closed."""
        gathered = bytearray()
        while len(gathered) < READ_BYTES:
            try:
                data = os.read(self.fd, READ_BYTES - len(gathered))
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                data = b""
            if not data:
                return bytes(gathered) or None
            gathered += data
        return bytes(gathered)

    def write(self, data: bytes | memoryview) -> int:
        """Give the program input; how many bytes its terminal took, at most 4096 at a time."""
        try:
            return os.write(self.fd, data[:WRITE_BYTES])
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return len(data)  # nobody will ever read it

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the kernel tells the program by SIGWINCH."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        """Hang up: the terminal is gone for whoever still uses it."""
        if not self._process.closed:
            self._process.fileobj.close()
            self._process.closed = True  # tells the library's finalizer that nothing is left to kill


def resolve(argv: Sequence[str], cwd: str, env: Mapping[str, str]) -> str:
    """The absolute path of the program argv names, found as the program's own shell would. Raises StartFailed."""
    if not argv or not argv[0]:
        raise StartFailed("exec_failed", "the command is empty")
    if not os.path.isdir(cwd):
        raise StartFailed("cwd_missing", f"the working directory {cwd} does not exist")
    name = argv[0]
    places = [""] if "/" in name else env.get("PATH", os.defpath).split(os.pathsep)
    for place in places:
        path = os.path.normpath(os.path.join(cwd, place, name))
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    where = "" if "/" in name else f" on PATH ({env.get('PATH', os.defpath)})"
    raise StartFailed("agent_not_installed", f"no program {name}{where}")


def _check_words(command: Sequence[str], env: Mapping[str, str]) -> None:
    # A NUL or a '=' in a name raises between fork and exec, where nobody would report it.
    if any("\0" in word for word in command):
        raise StartFailed("exec_failed", "an argument holds a NUL character")
    for name, value in env.items():
        if not name or "=" in name or "\0" in name + value:
            raise StartFailed("exec_failed", f"the environment variable {name!r} cannot be passed to a program")


def _default_signals() -> None:
    for name in _DEFAULT_AGAIN:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _prepare_line(descriptor: int) -> None:
    # Ctrl-S would freeze an agent for no visible reason; erasing must remove whole characters.
    attributes = termios.tcgetattr(descriptor)
    attributes[0] = attributes[0] & ~termios.IXON | IUTF8
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
