"""marketeer-dagster: a company's marketing, run as a Dagster data platform."""

__version__ = "0.1.0"
