"""Decisions about other people's money and traffic: pure functions over arrays, no I/O, no Dagster."""
