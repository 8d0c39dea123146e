"""What the offline author writes from very different contexts passes every deterministic check."""

import pytest

from marketeer_dagster.model.review import Severity
from marketeer_dagster.quality import claims, consistency, rules
from tests.quality.written import CONCERNS, PAGES, campaign


@pytest.mark.parametrize("name", sorted(CONCERNS))
def test_nothing_invented_and_no_false_alarm(name: str) -> None:
    for page, concern in zip(PAGES, CONCERNS[name], strict=True):
        made = campaign(name, page, concern)
        for written in made:
            found = (
                *claims.check(written.content, written.sources),
                *rules.check(written.content, written.tenant, written.brief),
            )
            serious = [f for f in found if f.severity is not Severity.MINOR]
            assert serious == [], (written.skill, page)
        heads = {written.skill: written.content for written in made}
        assert consistency.check(heads, made[0].sources.context) == ()
