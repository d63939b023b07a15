"""Legal variations: each module adds its own to `changes.CHANGES` when it is imported."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Import all modules of variations, in the order of their names."""
    for module in sorted(one.name for one in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
