"""`marketeer` on a terminal: a pseudo-terminal of a given width, and what was written to it."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios

from tests.cli.homes import PROJECT, CommandLine

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_MOVE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def on_terminal(command: CommandLine, *arguments: str, columns: int = 80) -> tuple[int, str]:
    """Exit code and everything that was written, in lines: one ends where the cursor is moved."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(command.home.parent), "USER": "tester", "TERM": "xterm-256color",
        "MARKETEER_HOME": str(command.home), **command.variables,
    }  # fmt: skip
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(PROJECT)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        os.execve(sys.executable, [sys.executable, "-m", "marketeer_dagster", *arguments], environment)
    written = bytearray()
    try:
        while piece := os.read(terminal, 65_536):
            written += piece
    except OSError:  # EIO: the other side was closed
        pass
    finally:
        os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, _MOVE.sub("\n", _COLOUR.sub("", written.decode(errors="replace")))
