"""What holds for every test: in CI, properties try the same examples on every run, so that a failure repeats."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
