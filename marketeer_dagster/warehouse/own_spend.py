"""What each version of an artefact cost by itself, told from the ledger, so that sums over versions are the ledger's.

The store keeps with a version what writing it took, and with the one that a round of work ended on the whole round:
drafts, revisions, reviews. Adding these up would count drafts twice, and answers that a later round replayed again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus, Spend
from marketeer_dagster.store.llm_rows import BILLED, LlmCall

Version = tuple[str, int]
_NAMES = tuple(Spend.model_fields)


def own_spends(
    artefacts: Iterable[Artefact], heads: frozenset[Version], calls: Iterable[LlmCall]
) -> Mapping[Version, Spend]:
    """By (artefact, version): what it cost alone. The versions of a skill's artefact in a campaign sum up to what the
    ledger has billed for that skill there; what the ledger does not know (a store of before it) counts as stored.
    """
    billed: dict[tuple[str, str], Spend] = defaultdict(Spend)
    for call in calls:
        if call.state in BILLED:
            billed[call.campaign, call.purpose.partition("/")[0]] += call.spend
    works: dict[str, list[Artefact]] = defaultdict(list)
    for artefact in artefacts:
        works[artefact.id].append(artefact)
    found: dict[Version, Spend] = {}
    for versions in works.values():
        first = versions[0]
        known = billed.get((first.campaign, first.skill)) or _as_stored(versions)
        shares = {name: _shared(versions, heads, name, getattr(known, name)) for name in _NAMES}
        for place, version in enumerate(versions):
            found[version.id, version.version] = Spend.model_validate({name: shares[name][place] for name in _NAMES})
    return found


def _as_stored(versions: Sequence[Artefact]) -> Spend:
    """What the versions cost together where there is no ledger: the rounds that ended, else what was drafted."""
    rounds = [version.spend for version in versions if not _draft(version)]
    return sum(rounds or [version.spend for version in versions], Spend())


def _shared(versions: Sequence[Artefact], heads: frozenset[Version], name: str, billed: Decimal | int) -> list[Decimal]:
    """One figure of each version, oldest first; together `billed`.

    Drafts have what was stored with them. A version on which an earlier round ended has that round's, without the
    drafts before it. The head, or else the newest, has the rest.
    """
    stored = [Decimal(getattr(version.spend, name)) for version in versions]
    last = next((n for n, v in enumerate(versions) if (v.id, v.version) in heads), len(versions) - 1)
    drafts = sum((figure for n, figure in enumerate(stored) if n != last and _draft(versions[n])), Decimal(0))
    left = max(Decimal(billed), drafts) - drafts
    taken, own = Decimal(0), list(stored)
    for place, version in enumerate(versions):
        if place == last:
            continue
        if _draft(version):
            taken += stored[place]
            continue
        own[place] = min(max(stored[place] - taken, Decimal(0)), left)
        left, taken = left - own[place], Decimal(0)
    own[last] = left
    return own


def _draft(version: Artefact) -> bool:
    return version.status is ArtefactStatus.DRAFT
