"""Which market a home belongs to. An address alone does not say: another home's market may answer there.

Every market has an id of its own, minted when its memory is made, and the place of that memory: a copied home brings a
copy of the market along, with the same id in another place. The home notes the market it uses in `sandbox.id`; every
connection into a market carries its id.
"""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from marketeer_dagster.model.errors import ConfigError

STATE = "sandbox.db"
"""The file of a home in which its own market remembers."""
_NOTE = "sandbox.id"


class MarketFace(BaseModel):
    """Who answers at an address."""

    model_config = ConfigDict(frozen=True)

    id: str = ""
    """Empty for a market of a version that had none."""
    place: str = ""
    """Where its memory lies, see `place_of`; empty for one without a file."""
    seed: int = 0


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True)

    market: str
    own: bool
    """Whether it is the home's own: remembering in the home's file, wherever that is copied or moved to."""


def place_of(path: Path) -> str:
    """A file's device and number: equal under every name of it, another for each copy; empty where there is none."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_dev}:{found.st_ino}"


def stranger(home: Path, url: str, face: MarketFace) -> str | None:
    """Why the market that answers at `url` is not this home's, in words; None when it is, or none was noted yet."""
    note, own = _noted(home), place_of(home / STATE)
    if note is None:
        foreign = bool(own and face.place and own != face.place) and _is_local(url)
        return "it remembers in another home" if foreign else None
    if note.own and own and own != face.place:
        return "it remembers in another home"
    if face.id == note.market and (own or not note.own):
        return None
    if note.own and not own:
        return f"this home's own market {note.market[:8]} is gone with its file {STATE}"
    made = "was made anew there (reset, or another seed)" if own and own == face.place else "answers there"
    return (
        f"market {face.id[:8] or 'of an older version'} (seed {face.seed}) {made}, and this home's is {note.market[:8]}"
    )


def refuse_stranger(home: Path, url: str, face: MarketFace) -> None:
    """Raises ConfigError when `stranger` has something to say."""
    why = stranger(home, url, face)
    if why is not None:
        raise ConfigError(
            f"the sandbox at {url} is not this home's: {why}; nothing was read or written",
            where=str(home),
            hint="start this home's own: marketeer sandbox (or up); to go over to the one that answers there, with new "
            "accounts for all simulated tenants: marketeer sandbox adopt",
        )


def note(home: Path, face: MarketFace) -> None:
    """Keep that this home's market is `face`."""
    own = bool(face.place) and face.place == place_of(home / STATE)
    text = _Note(market=face.id, own=own).model_dump_json()
    if _noted(home) != _Note(market=face.id, own=own):
        (home / _NOTE).write_text(text + "\n", encoding="utf-8")


def is_noted(home: Path) -> bool:
    """Whether the home has met its market."""
    return _noted(home) is not None


def _noted(home: Path) -> _Note | None:
    try:
        return _Note.model_validate_json((home / _NOTE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        hint = "marketeer sandbox adopt writes it anew"
        raise ConfigError("cannot be read", where=str(home / _NOTE), hint=hint) from None


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
