"""Fixtures of the resources' tests."""

from tests.support.postgres import postgres, postgres_server

__all__ = ["postgres", "postgres_server"]
