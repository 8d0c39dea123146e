"""Paid ads: Google responsive search ads and Meta ads with the limits those platforms enforce.

Limits: Google Ads, responsive search ads (3-15 headlines of 30, 2-4 descriptions of 90, paths of 15 characters);
Meta, recommended text lengths before truncation (125 primary, 40 headline, 30 description).
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints, field_validator

from marketeer_dagster.model.artefacts.base import ArtefactContent, Line, Memo, Part, Remark, bullets
from marketeer_dagster.model.artefacts.readers import ADDRESS, COLLEAGUES
from marketeer_dagster.model.marks import Alternatives

RsaHeadline = Annotated[str, StringConstraints(min_length=2, max_length=30)]
RsaDescription = Annotated[str, StringConstraints(min_length=5, max_length=90)]
RsaPath = Annotated[str, StringConstraints(min_length=1, max_length=15, pattern=r"^[^\s/]+$")]


class Match(StrEnum):
    """Google Ads keyword match types."""

    EXACT = "exact"
    PHRASE = "phrase"
    BROAD = "broad"


class Keyword(Part):
    text: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    match: Match


class ResponsiveSearchAd(Part):
    """One RSA; Google assembles headlines and descriptions in any order, so each must stand alone."""

    headlines: Annotated[tuple[RsaHeadline, ...], Alternatives] = Field(min_length=3, max_length=15)
    descriptions: Annotated[tuple[RsaDescription, ...], Alternatives] = Field(min_length=2, max_length=4)
    paths: Annotated[tuple[RsaPath, ...], ADDRESS] = Field(default=(), max_length=2)
    final_url: Annotated[Line, ADDRESS]

    @field_validator("headlines", "descriptions")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len({item.lower() for item in value}) != len(value):
            raise ValueError("texts of one ad must differ; Google refuses duplicates")
        return value


class AdGroup(Part):
    name: Remark
    keywords: Annotated[tuple[Keyword, ...], Alternatives, COLLEAGUES] = Field(min_length=1, max_length=20)
    negative_keywords: Annotated[tuple[Line, ...], COLLEAGUES] = Field(default=(), max_length=20)
    ad: ResponsiveSearchAd


class MetaAd(Part):
    """One ad of an ad set."""

    angle: Remark
    primary_text: Annotated[str, StringConstraints(min_length=5, max_length=125)]
    headline: Annotated[str, StringConstraints(min_length=2, max_length=40)]
    description: Annotated[str, StringConstraints(max_length=30)] = ""
    link: Annotated[Line, ADDRESS]


class AdSet(Part):
    name: Remark
    audience: Remark
    ads: Annotated[tuple[MetaAd, ...], Alternatives] = Field(min_length=1, max_length=6)


class AdCampaign(ArtefactContent):
    """Search and social ads for one offer, with budgets."""

    kind: ClassVar[str] = "ad_campaign"
    title_of_kind: ClassVar[str] = "Ad campaign"

    name: Remark
    objective: Remark
    daily_budget_usd: Decimal = Field(ge=0)
    search_share: float = Field(ge=0, le=1, description="Share of the budget for search; the rest goes to social.")
    ad_groups: tuple[AdGroup, ...] = Field(min_length=1, max_length=8)
    ad_sets: tuple[AdSet, ...] = Field(default=(), max_length=6)
    rationale: Memo

    def render(self) -> str:
        parts = [f"# {self.name}", f"{self.objective} · USD {self.daily_budget_usd} a day", self.rationale]
        for group in self.ad_groups:
            keys = ", ".join(f"{k.text} ({k.match.value})" for k in group.keywords)
            parts.append(
                f"## Search: {group.name}\n\nKeywords: {keys}\n\nHeadlines:\n{bullets(group.ad.headlines)}\n\n"
                f"Descriptions:\n{bullets(group.ad.descriptions)}"
            )
        for ad_set in self.ad_sets:
            ads = [f"**{a.headline}** {a.primary_text} ({a.angle})" for a in ad_set.ads]
            parts.append(f"## Social: {ad_set.name} ({ad_set.audience})\n\n{bullets(ads)}")
        return "\n\n".join(parts)
