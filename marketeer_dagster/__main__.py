"""`python -m marketeer_dagster` is the same as `marketeer`."""

from marketeer_dagster.cli import main

main()
