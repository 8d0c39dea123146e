"""The graph of who reads whom: cycles, order, stages."""

from collections.abc import Iterable, Mapping

Reads = Mapping[str, tuple[str, ...]]
"""Name -> the names it reads. Names outside the mapping are ignored."""


def find_cycle(reads: Reads) -> tuple[str, ...] | None:
    """A cycle as a path that ends where it began (`a, b, a`: a reads b reads a), or None when there is none."""
    done: set[str] = set()
    for start in reads:
        trail: list[str] = []
        if (cycle := _walk(start, reads, trail, done)) is not None:
            return cycle
    return None


def _walk(name: str, reads: Reads, trail: list[str], done: set[str]) -> tuple[str, ...] | None:
    if name in trail:
        return (*trail[trail.index(name) :], name)
    if name in done or name not in reads:
        return None
    trail.append(name)
    for other in reads[name]:
        if (cycle := _walk(other, reads, trail, done)) is not None:
            return cycle
    trail.pop()
    done.add(name)
    return None


def ancestors(name: str, reads: Reads) -> frozenset[str]:
    """Everything `name` reads, directly or through others."""
    found: set[str] = set()
    pending = list(reads.get(name, ()))
    while pending:
        current = pending.pop()
        if current not in found:
            found.add(current)
            pending.extend(reads.get(current, ()))
    return frozenset(found)


def stages(names: Iterable[str], reads: Reads) -> tuple[tuple[str, ...], ...]:
    """`names` grouped so that each reads only names of earlier groups; the given order is kept within a group.

    Dependence through a name that is not selected counts too. `reads` must be acyclic.
    """
    selected = list(dict.fromkeys(names))
    level: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in level:
            above = [other for other in selected if other in ancestors(name, reads)]
            level[name] = 1 + max((depth(other) for other in above), default=-1)
        return level[name]

    groups: dict[int, list[str]] = {}
    for name in selected:
        groups.setdefault(depth(name), []).append(name)
    return tuple(tuple(groups[number]) for number in sorted(groups))


def order(names: Iterable[str], reads: Reads) -> tuple[str, ...]:
    """`names` in an order in which each comes after all it reads."""
    return tuple(name for stage in stages(names, reads) for name in stage)
