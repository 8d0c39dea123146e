"""What `workspace.yaml` names: `defs`, made of the catalog that the environment names.

Every run is a process that loads this first.
"""

import gc

# Nearly everything that loading makes stays until the process ends. To look for garbage in it again and again costs a
# fifth of the time (`python -m benchmarks --only import-load`); afterwards it is set aside, for forks and collections.
_COLLECTS = gc.isenabled()
gc.disable()
try:
    from marketeer_dagster.catalog.catalog import Catalog
    from marketeer_dagster.composition import build_definitions
    from marketeer_dagster.model.settings import Settings
    from marketeer_dagster.redacted_logs import install

    install()
    defs = build_definitions(Catalog.load(Settings.load().catalog))
finally:
    gc.freeze()
    if _COLLECTS:
        gc.enable()
