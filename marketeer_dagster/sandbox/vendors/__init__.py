"""One module per vendor, each with `routes(world)`; marketeer_dagster/sandbox/app.py says where they are mounted."""

import pkgutil


def names() -> tuple[str, ...]:
    """The vendors present, by module name; modules that begin with an underscore help them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")))
