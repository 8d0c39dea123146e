"""One module per vendor, each with `routes(world)`; marketeer_dagster/sandbox/app.py says where they are mounted."""
