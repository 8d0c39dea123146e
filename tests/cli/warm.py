"""Runs commands of the command line in processes forked from one that has imported everything it needs.

Importing takes far longer than most commands; a fork starts where the import ended. Each command still is a process of
its own, with its own environment, arguments and streams. Reads one JSON request a line, answers with its exit code.
"""

import json
import os
import sys
import traceback

import alembic.command  # noqa: F401
import dagster  # noqa: F401

import resources.clock
import resources.connectors  # noqa: F401
from marketeer_dagster.cli import main


def serve() -> None:
    """Answer requests until the input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(**request)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(arguments: list[str], environment: dict[str, str], streams: list[str]) -> None:
    for number, (path, flags) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        os.dup2(os.open(path, flags | (os.O_CREAT if flags else 0), 0o600), number)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["marketeer", *arguments]
    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
