"""The command line. Exit codes: 0 done, 1 work failed, 2 bad input or configuration, 3 waits for a person."""

from marketeer_dagster.cli.main import app, main

__all__ = ["app", "main"]
