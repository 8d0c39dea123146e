"""Signs that name several currencies, scales written as letters, and sentences that claim nothing."""

import pytest

from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.quality import claims
from marketeer_dagster.quality.claims import Sources
from tests.quality import pages

CASES = {
    "Costs A$49 a month.": (
        "A$49 a month|AUD 49|49 AUD|$49|$49 (AUD)|49 Australian dollars",
        "US$49|49 USD|US$99|€49|C$49|R$49",
    ),
    "Preço: R$ 99 por mês": ("R$ 99|R$99|BRL 99|99 reais", "$99|USD 99|US$99|R$ 98"),
    "The plan costs ¥4,900 (JPY).": ("¥4,900|JPY 4,900|4,900 yen|4900円", "CNY 4,900|4,900 元|$4,900"),
    "套餐每月 198 元": ("198元|¥198|CNY 198", "JPY 198|$198"),
    "499 kr per month, prices in SEK": ("499 kr|SEK 499|kr 499|499 SEK", "NOK 499|DKK 499|€499"),
    "Costs $49 a month.": ("$49|US$49|USD 49|49 dollars", "A$49|AUD 49|$49 AUD|CA$49"),
    "All prices in Canadian dollars: $49 a month.": ("$49|CAD 49|CA$49", "US$49|AUD 49"),
    "Rp 150.000 or RM 20, from 1.2 million users": (
        "Rp150.000|IDR 150,000|MYR 20|RM20|1.2 mln users",
        "INR 150,000|SGD 20",
    ),
    "₹4,999, zł 199 and 1 299 Kč": ("INR 4,999|₹4,999|1 299 Kč", "$4,999|€199"),
    "1.2 million users. 3,500,000 files. Budgets of $1.5 million to $3 million.": (
        "1.2m users|1.2M users|1.2 million users|3.5M files|$1.5 to $3 million|$1.5–3 million|$1.5m to $3m|"
        "1.5 to 3 million dollars",
        "5m users|2.1m users|1.3M users|1.2bn users|$1.5 to $4 million|$1 to $3 million",
    ),
    "A 5m cable, ready in 5m.": ("5m cable", "5 million users|5M users"),
    "The trial lasts 14 days. Support from 9:00-17:00. Half of clients never log in.": (
        "We do not guarantee any result|Results are not guaranteed|There is no such thing as risk-free|"
        "See your customer lifetime value|We are not the cheapest|© 2026 Acme|Copyright 2019-2026 Acme|"
        "Black Friday 2026|"
        "Q1 2027|A 1:1 call|As easy as 1-2-3|page 1 of 2|Half the work|It is day 15 of a 14-day trial|9 to 5|Open 9-5|"
        "No result is guaranteed.|We never promise the lowest price|It is not unlimited|There is no free plan|"
        "Without any guarantee|我们不保证结果|Wir garantieren nichts|Nobody can guarantee rankings|"
        "Far from the cheapest|Refunds are not available|We have not won any awards|Garantien geben wir keine|"
        "© Acme Ltd. 2019-2026|FY2026|FY 26|Cyber Week 2026|page 2/5",
        "Not only the cheapest|nothing but the best|Why not get the cheapest plan?|We guarantee results|9 to 6|8 to 5|"
        "day 15 of a 30-day trial|Founded in 2019|We are the cheapest, not the best|In 2026 we grew|1:2 odds|"
        "We won't rest: guaranteed results|Do not wait for the best tool|Half the price|guaranteed, not hoped for|"
        "page 1 of Google within 2 days|不仅保证结果|Nobody can guarantee results like we do|"
        "Such a guarantee is not available elsewhere|© Acme. Founded in 2019|Unlimited seats are not only included",
    ),
    "We do not give refunds. We are not the cheapest. We are not GDPR-compliant. We do not offer 24/7 support. "
    "There is no free plan. We are not certified. We never discount.": (
        "We are not the cheapest",
        "Full refund if you are not happy.|GDPR compliant|24/7 support|Try it free.|The cheapest tool|"
        "Half price this week",
    ),
    "A plain fact.": (
        "We do not guarantee any result",
        "You can't get the cheapest price anywhere else.|No competitor is the fastest: only we are.|"
        "Never be without the market-leading tool.|You cannot get a guaranteed result elsewhere|"
        "Never without a guarantee",
    ),
    "We give a full refund. The cheapest in Leeds. No credit card needed. Cancel any time.": (
        "A full refund|the cheapest|No credit card|cancel any time",
        "24/7 support",
    ),
}
ACCEPTED = [(fact, said) for fact, (good, _) in CASES.items() for said in good.split("|")]
REFUSED = [(fact, said) for fact, (_, bad) in CASES.items() for said in bad.split("|")]


def held(fact: str, sentence: str) -> list[str]:
    sections = dict.fromkeys(Section, "-") | {Section.OVERVIEW: fact}
    found = claims.check(pages.with_text(sentence), Sources(context=ProductContext(name="Acme", sections=sections)))
    where = f"sections[{len(pages.page().sections)}].body"
    return [finding.problem for finding in found if finding.where == where]


@pytest.mark.parametrize(("fact", "said"), ACCEPTED)
def test_what_the_fact_says_in_another_spelling_may_be_said(fact: str, said: str):
    assert held(fact, said) == []


@pytest.mark.parametrize(("fact", "said"), REFUSED)
def test_what_the_fact_does_not_say_is_held_back(fact: str, said: str):
    assert held(fact, said) != []
