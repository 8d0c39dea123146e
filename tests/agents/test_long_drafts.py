"""How often a draft with many bounded texts costs a repair, or is lost, when a writer overshoots now and then.

Three ad groups and nine Meta ads hold 81 texts that a channel bounds. A writer who is too long in one of a hundred
would have 56 % of such drafts sent back if every excess counted. Simulated with the real form and the real reading,
seeded; a repair rewrites the texts that were named, as carefully or carelessly as the first time.
"""

import json
import random
from dataclasses import dataclass
from typing import Any

import pytest

from marketeer_dagster.agents.forms import Misread, read
from marketeer_dagster.model.artefacts.ad_campaign import AdCampaign
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence

DRAFTS = 2000
RATE = 0.01
"""Share of texts that a writer makes too long."""


@dataclass
class Writer:
    """Writes texts within a limit, and one in a hundred of them above it. `written` counts the bounded ones."""

    dice: random.Random
    written: int = 0
    over: int = 0

    def text(self, limit: int) -> str:
        self.written += 1
        too_long = self.dice.random() < RATE
        self.over += too_long
        length = limit + self.dice.randint(1, 9) if too_long else self.dice.randint(limit * 2 // 3, limit)
        word = f"{self.dice.getrandbits(40):010x} "
        return (word * (length // len(word) + 1))[:length].rstrip().ljust(length, "x")

    def ads(self) -> dict[str, Any]:
        groups = [
            {
                "name": "g", "keywords": [{"text": "k w", "match": "exact"}], "negative_keywords": [],
                "ad": {
                    "headlines": [self.text(30) for _ in range(15)], "descriptions": [self.text(90) for _ in range(3)],
                    "paths": [], "final_url": "/signup",
                },
            }
            for _ in range(3)
        ]  # fmt: skip
        sets = [
            {
                "name": "s", "audience": "a",
                "ads": [
                    {"angle": "a", "primary_text": self.text(125), "headline": self.text(40),
                     "description": self.text(30), "link": "/signup"}
                    for _ in range(3)
                ],
            }
            for _ in range(3)
        ]  # fmt: skip
        return {
            "name": "n", "objective": "o", "daily_budget_usd": 60, "search_share": 0.5, "ad_groups": groups,
            "ad_sets": sets, "rationale": "r",
        }  # fmt: skip

    def emails(self) -> dict[str, Any]:
        emails = [
            {
                "purpose": "p", "delay_days": 1, "subjects": [self.text(60) for _ in range(4)],
                "preheader": self.text(110), "body": "b", "cta_label": self.text(40), "cta_url": "/signup",
            }
            for _ in range(7)
        ]  # fmt: skip
        return {
            "name": "n", "audience": "a", "trigger": "t", "goal": "g", "exit_rule": "e", "emails": emails,
        }  # fmt: skip

    def mended(self, told: dict[str, Any], problems: tuple[str, ...]) -> dict[str, Any]:
        """The draft with every text written again that is named as over its limit."""
        for line in problems:
            where, _, fault = line.partition(": ")
            limit = int(fault.partition(" over ")[2].partition(":")[0])
            *steps, last = [
                int(step) if step.isdigit() else step for step in where.replace("]", "").replace("[", ".").split(".")
            ]
            place: Any = told
            for step in steps:
                place = place[step]
            place[last] = self.text(limit)
        return told


@dataclass
class Tally:
    """What became of the drafts."""

    over: int = 0
    """With at least one text too long: what used to be sent back."""
    repaired: int = 0
    lost: int = 0


def simulate(kind: str, form: type[AdCampaign] | type[EmailSequence]) -> Tally:
    writer, tally = Writer(random.Random(20261128)), Tally()
    for _ in range(DRAFTS):
        before = writer.over
        told = getattr(writer, kind)()
        tally.over += writer.over > before
        try:
            read(json.dumps(told), form)
        except Misread as first:
            tally.repaired += 1
            tally.lost += not readable(writer.mended(json.loads(first.text), first.problems), form)
    return tally


def readable(told: dict[str, Any], form: type[AdCampaign] | type[EmailSequence]) -> bool:
    try:
        read(json.dumps(told), form)
    except Misread:
        return False
    return True


def test_one_in_a_hundred_too_long_sends_no_ad_campaign_back_and_loses_none() -> None:
    writer = Writer(random.Random(0))
    writer.ads()
    assert writer.written == 81
    tally = simulate("ads", AdCampaign)
    assert 0.5 < tally.over / DRAFTS < 0.62, "what was sent back before"
    assert tally.repaired / DRAFTS < 0.01
    assert tally.lost == 0


def test_a_sequence_is_sent_back_only_for_texts_that_have_no_alternative() -> None:
    """Seven emails: 28 subjects are variants, 14 preheaders and buttons are not, and 1 - .99 ** 14 is 13 %."""
    tally = simulate("emails", EmailSequence)
    assert 0.30 < tally.over / DRAFTS < 0.40
    assert tally.repaired / DRAFTS == pytest.approx(1 - (1 - RATE) ** 14, abs=0.03)
    assert tally.lost / DRAFTS < 0.005
