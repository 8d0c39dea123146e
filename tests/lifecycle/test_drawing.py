"""docs/approvals.md draws what the outbox does: every move of the table, and none besides."""

import re
from pathlib import Path

from marketeer_dagster.publishing.lifecycle import MOVES, UNPUBLISHED, Event

PAGE = Path(__file__).parents[2] / "docs" / "approvals.md"
ANYWHERE = {Event.REJECT, Event.WITHDRAW, Event.SUPERSEDE, Event.ARRIVE}
"""Events from every state before published; the drawing says so in its note instead of with thirty arrows."""


def test_the_drawing_has_every_move_and_no_other() -> None:
    first = PAGE.read_text(encoding="utf-8").split("```mermaid")[1].split("```")[0]
    drawn = set(re.findall(r"^ +(\w+) --> (\w+): (\w+)$", first, re.MULTILINE))
    noted = set(re.findall(r"(\w+) > (\w+)", first))
    for event in ANYWHERE:
        sources, target = MOVES[event]
        assert (event.value, target.value) in noted, event
        assert sources >= UNPUBLISHED
    everywhere = {(state.value, MOVES[event][1].value, event.value) for event in ANYWHERE for state in UNPUBLISHED}
    moves = {(state.value, target.value, event.value) for event, (states, target) in MOVES.items() for state in states}
    assert drawn >= moves - everywhere
    assert drawn <= moves
