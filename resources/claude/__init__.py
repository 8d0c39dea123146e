"""Claude: the language model behind every agent, through the vendor's own SDK.

`Claude` is a plain class for the command line and tests; `ClaudeResource` wraps it for Dagster.
"""

from resources.claude.client import Claude
from resources.claude.resource import ClaudeResource

__all__ = ["Claude", "ClaudeResource"]
