"""A vendor's own records for one tenant, as free JSON documents."""

from marketeer_dagster.sandbox.state import Json, State


class Documents:
    """Get, put and list by (kind, id). Vendors keep whatever shape their protocol has."""

    def __init__(self, state: State, tenant: str, vendor: str) -> None:
        self._state, self._tenant, self._vendor = state, tenant, vendor

    def get(self, kind: str, id: str) -> Json | None:
        return self._state.get(self._tenant, self._vendor, kind, id)

    def put(self, kind: str, id: str, body: Json) -> None:
        """Insert or replace; the place in `list` stays that of the first insert."""
        self._state.put(self._tenant, self._vendor, kind, id, body)

    def put_new(self, kind: str, id: str, body: Json) -> bool:
        """Insert only; False when the id is taken. Atomic."""
        with self._state.transaction():
            if self.get(kind, id) is not None:
                return False
            self.put(kind, id, body)
            return True

    def list(self, kind: str) -> list[Json]:
        """All documents of `kind`, oldest first."""
        return self._state.list(self._tenant, self._vendor, kind)

    def delete(self, kind: str, id: str) -> bool:
        """Remove one; False when there was none."""
        return self._state.delete(self._tenant, self._vendor, kind, id)

    def next_id(self, kind: str, start: int = 1) -> int:
        """The next number of this tenant's sequence for `kind`, beginning with `start`. Atomic."""
        return self._state.count_up(f"{self._vendor}/{self._tenant}/{kind}", start)
