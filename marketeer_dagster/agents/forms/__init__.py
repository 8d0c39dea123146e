"""Answers of a language model, read into the forms that were asked for."""

from marketeer_dagster.agents.forms.naming import problems_of
from marketeer_dagster.agents.forms.reading import Misread, read

__all__ = ["Misread", "problems_of", "read"]
