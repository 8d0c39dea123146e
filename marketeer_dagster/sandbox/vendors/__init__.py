"""One module per vendor. Each offers `routes(world)`; see marketeer_dagster/sandbox/app.py for where they are mounted."""
