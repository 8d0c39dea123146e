"""Where the making of an asset is written down, as the UI links it."""

import warnings
from pathlib import Path

from dagster import BetaWarning, CodeReferencesMetadataValue, LocalFileCodeReference

CODE_REFERENCES = "dagster/code_references"
"""Dagster's own key of definition metadata."""


def code_references(*files: tuple[Path, str]) -> CodeReferencesMetadataValue:
    """The first lines of (file, label)s."""
    with warnings.catch_warnings():
        # Code references are beta in Dagster 1.13; the warning would be shown at every load.
        warnings.simplefilter("ignore", BetaWarning)
        return CodeReferencesMetadataValue(
            code_references=[
                LocalFileCodeReference(file_path=str(path), line_number=1, label=label) for path, label in files
            ]
        )
