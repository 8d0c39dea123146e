"""Answers read into their forms: leniently where nothing is lost, with every fault named where something would be."""

import json
from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from marketeer_dagster.agents.answers import BriefAnswer, KpiAnswer, PlanAnswer, ReviewAnswer
from marketeer_dagster.agents.forms import Misread, read
from marketeer_dagster.agents.forms.mending import ELLIPSIS, shortened
from marketeer_dagster.agents.forms.schema import resolved
from marketeer_dagster.model.artefacts import ArtefactContent, artefact_kinds
from marketeer_dagster.model.artefacts.ad_campaign import AdCampaign
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.artefacts.readers import COLLEAGUES
from marketeer_dagster.model.direction import PeriodReview, RecommendedGoal
from marketeer_dagster.model.goal import Metric
from marketeer_dagster.model.marks import ALTERNATIVES, FOR_COLLEAGUES
from marketeer_dagster.model.spelling import bare, known
from tests.quality import pages

FORMS: list[type[BaseModel]] = [*artefact_kinds().values(), ReviewAnswer, PlanAnswer, PeriodReview]
PERIOD = PeriodReview(
    summary="s", happened=("h",), meaning="m",
    recommendations=(RecommendedGoal(goal="g", reason="r", expected_effect="e", metric=Metric.CONVERSION_RATE),),
)  # fmt: skip
PLAN = PlanAnswer(
    summary="s", deadline=date(2026, 12, 31), budget_usd=300,
    kpi=KpiAnswer(metric=Metric.EMAIL_CLICK_RATE, baseline=1, target=2, window_days=28, unit="per day"),
    briefs=(BriefAnswer(skill="copywriting", objective="o", audience="a", key_message="k"),),
)  # fmt: skip
WHOLE: list[BaseModel] = [*pages.ALL.values(), PERIOD, PLAN]


def enumerations(form: type[BaseModel]) -> list[list[str]]:
    """The choices of every enumeration in a form."""
    schema = form.model_json_schema()
    return [
        node["enum"] for node in [*schema.get("$defs", {}).values(), *schema["properties"].values()] if "enum" in node
    ]


def respelled(value: Any, how: Any) -> Any:
    """`value` with every member of an enumeration spelled by `how`."""
    if isinstance(value, Enum):
        return how(value.value)
    if isinstance(value, BaseModel):
        return {name: respelled(getattr(value, name), how) for name in type(value).model_fields}
    if isinstance(value, tuple):
        return [respelled(item, how) for item in value]
    return value


SPELLINGS: dict[str, Callable[[str], str]] = {
    "capitals": str.upper, "blanks around": lambda text: f"  {text}\n", "title": str.title,
    "hyphens": lambda text: text.replace("_", "-").replace(" ", "-"), "words": lambda text: text.replace("_", " "),
    "underscores": lambda text: text.replace(" ", "_").lower(),
}  # fmt: skip


@pytest.mark.parametrize("how", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("value", WHOLE, ids=lambda value: type(value).__name__)
def test_names_of_every_enumeration_are_read_in_any_case(value: BaseModel, how: Any) -> None:
    said = json.dumps(respelled(value, how), default=str)
    assert read(said, type(value)) == (value, ())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_no_two_names_of_one_enumeration_read_alike(form: type[BaseModel]) -> None:
    for choices in enumerations(form):
        assert len({bare(choice) for choice in choices}) == len(choices)
        for choice in choices:
            assert known(choice.upper(), choices) == choice


@pytest.mark.parametrize("said", ["hoch", "élevé", "高", "very high", "high, medium", "", "null", "high\u200b or low"])
def test_a_name_in_another_language_is_a_fault_that_is_named(said: str) -> None:
    audit = json.loads(pages.audit().model_dump_json())
    audit["findings"][0]["impact"] = said
    with pytest.raises(Misread) as caught:
        read(json.dumps(audit), type(pages.audit()))
    (line,) = caught.value.problems
    assert line.startswith("findings[0].impact: ")
    assert "none of 'high', 'medium' or 'low'" in line


def test_a_fault_names_place_length_excess_and_text() -> None:
    copy = json.loads(pages.page().model_dump_json())
    copy["title_tag"] = "Client document portal without logins for accountancy practices"
    copy["sections"] = copy["sections"][:2]
    copy["path"] = "Pricing"
    with pytest.raises(Misread) as caught:
        read(json.dumps(copy), PageCopy)
    assert caught.value.problems == (
        "path: String should match pattern '^/[a-z0-9/_-]*$', not 'Pricing'",
        "title_tag: 63 characters, 3 over 60: 'Client document portal without logins for accountancy practices'",
        "sections: 2 items, at least 3 are needed",
    )


HEADLINES = ("Client Papers Without Chasing", "No Login for Clients", "Try It for 14 Days", "Ready the Same Day")
LONG = "A headline that is much longer than thirty"


def with_headlines(*headlines: object) -> str:
    told = json.loads(pages.ads().model_dump_json())
    told["ad_groups"][0]["ad"]["headlines"] = list(headlines)
    return json.dumps(told)


def headlines_of(said: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    value, notes = read(said, AdCampaign)
    return value.ad_groups[0].ad.headlines, notes


def test_surplus_over_long_variants_are_left_out_and_told() -> None:
    kept, notes = headlines_of(with_headlines(HEADLINES[0], LONG, *HEADLINES[1:], LONG + "!"))
    assert kept == HEADLINES
    assert notes == (
        f"ad_groups[0].ad.headlines[1]: left out, 42 characters, 12 over 30: '{LONG}'",
        f"ad_groups[0].ad.headlines[5]: left out, 43 characters, 13 over 30: '{LONG}!'",
    )


def test_nothing_is_left_out_below_the_channels_minimum_and_all_faults_are_named() -> None:
    said = with_headlines(HEADLINES[0], LONG, HEADLINES[1])
    with pytest.raises(Misread) as caught:
        read(said, AdCampaign)
    assert caught.value.text == said
    assert caught.value.problems == (f"ad_groups[0].ad.headlines[1]: 42 characters, 12 over 30: '{LONG}'",)


def test_of_forty_variants_the_first_that_fit_are_kept() -> None:
    kept, notes = headlines_of(with_headlines(LONG, *(f"Headline number {n}" for n in range(40))))
    assert kept == tuple(f"Headline number {n}" for n in range(15))
    assert notes[-1].startswith(
        "ad_groups[0].ad.headlines: 40 items, 25 over 15, the last left out: 'Headline number 15'"
    )


def test_what_an_ad_says_twice_or_leaves_empty_is_left_out() -> None:
    kept, notes = headlines_of(with_headlines(*HEADLINES[:3], HEADLINES[0].upper(), "", "  "))
    assert kept == HEADLINES[:3]
    assert [note.partition(": ")[2].partition(",")[0] for note in notes] == ["left out"] * 3


def test_an_ad_or_subject_too_many_does_not_cost_the_draft() -> None:
    told = json.loads(pages.ads().model_dump_json())
    first = told["ad_sets"][0]["ads"][0]
    told["ad_sets"][0]["ads"].append({**first, "headline": "Nobody in your whole practice has to chase a client again"})
    value, notes = read(json.dumps(told), AdCampaign)
    assert [ad.headline for ad in value.ad_sets[0].ads] == [first["headline"]]
    assert notes[0].startswith("ad_sets[0].ads[1]: left out, headline: 57 characters, 17 over 40")
    mails = json.loads(pages.emails().model_dump_json())
    mails["emails"][0]["subjects"] += ["x" * 61]
    value, notes = read(json.dumps(mails), EmailSequence)
    assert value == pages.emails()
    assert len(notes) == 1


def test_what_customers_read_and_what_stands_alone_is_never_cut() -> None:
    for where, change in {
        "headline": {"headline": "x" * 91}, "meta_description": {"meta_description": "x" * 156},
        "cta.label": {"cta": {"label": "x" * 41, "url": "/signup"}}, "form_fields": {"form_fields": ["Name"] * 9},
        "cta_alternatives[0].text": {"cta_alternatives": [{"text": "x" * 91, "reason": "r"}]},
    }.items():  # fmt: skip
        with pytest.raises(Misread) as caught:
            read(json.dumps(json.loads(pages.page().model_dump_json()) | change), PageCopy)
        assert [line.partition(":")[0] for line in caught.value.problems] == [where]


def test_a_remark_is_cut_at_a_word() -> None:
    told = json.loads(pages.page().model_dump_json())
    told["notes"] = "Chosen because customers say so. " * 80
    value, notes = read(json.dumps(told), PageCopy)
    assert len(value.notes) <= 2000
    assert value.notes.endswith(f"so{ELLIPSIS}") or value.notes.rstrip(ELLIPSIS).split()[-1] in told["notes"].split()
    assert notes == (f"notes: cut from {len(told['notes'].strip())} to 2000 characters",)


@given(st.text(min_size=1, max_size=400), st.integers(2, 120))
def test_a_cut_text_is_a_beginning_and_never_too_long(text: str, most: int) -> None:
    short = shortened(text, most)
    assert len(short) <= most
    assert short == text or text.startswith(short[: -len(ELLIPSIS)])


def marked(form: type[BaseModel]) -> list[tuple[str, dict[str, Any]]]:
    """Every text and list of a form with its mark, by place in the schema."""
    schema = form.model_json_schema()
    groups = {"": schema} | schema.get("$defs", {})
    found = [
        (f"{name}.{key}", node) for name, group in groups.items() for key, node in group.get("properties", {}).items()
    ]
    return found + [(f"{place}[]", node["items"]) for place, node in found if "items" in node]


def test_all_that_a_judge_writes_for_colleagues_may_be_cut() -> None:
    """Names and marks are not cut; whatever else a review says is read by colleagues alone."""
    limited = {place for place, node in marked(ReviewAnswer) if "maxLength" in node and not node.get(FOR_COLLEAGUES)}
    assert {place.rpartition(".")[2] for place in limited} <= {"dimension", "id"}


PUBLISHED = {"page_copy", "edited_copy", "email_sequence", "ad_campaign"}


@pytest.mark.parametrize("kind", artefact_kinds().values(), ids=artefact_kinds())
def test_what_is_written_for_colleagues_may_be_cut_and_nothing_that_customers_read(kind: type[ArtefactContent]) -> None:
    schema = kind.model_json_schema()
    for name, field in schema["properties"].items():
        node = resolved(field, schema)
        if node.get("type") == "string" and "maxLength" in node:
            internal = COLLEAGUES in kind.model_fields[name].metadata
            assert bool(node.get(FOR_COLLEAGUES)) or not internal, name
            assert kind.kind not in PUBLISHED or internal or not node.get(FOR_COLLEAGUES), name


def test_alternatives_are_lists_with_a_least_number() -> None:
    places = {f"{form.__name__}{place}" for form in FORMS for place, node in marked(form) if node.get(ALTERNATIVES)}
    assert places == {
        "AdCampaignResponsiveSearchAd.headlines", "AdCampaignResponsiveSearchAd.descriptions", "AdCampaignAdSet.ads",
        "AdCampaignAdGroup.keywords", "EmailSequenceEmail.subjects", "PageCopy.headline_alternatives",
        "PageCopy.cta_alternatives", "EditedCopyPageCopy.headline_alternatives",
        "EditedCopyPageCopy.cta_alternatives", "PlanAnswerBriefAnswer.keywords",
    }  # fmt: skip


def test_null_and_absence_are_nothing_where_a_field_may_be_left_out() -> None:
    told = json.loads(pages.page().model_dump_json())
    value, _ = read(
        json.dumps(told | {"notes": None, "faq": None, "quotations": [], "form_fields": ["", "Name"]}), PageCopy
    )
    assert (value.notes, value.faq, value.quotations, value.form_fields) == ("", (), (), ("Name",))
    with pytest.raises(Misread, match="headline: Input should be a valid string, not null"):
        read(json.dumps(told | {"headline": None}), PageCopy)


def test_fields_an_authors_form_does_not_have_are_left_out_but_not_those_that_spell_one() -> None:
    told = json.loads(pages.page().model_dump_json())
    value, notes = read(json.dumps(told | {"confidence": 1, "kind": "page"}), PageCopy)
    assert (value, len(notes)) == (pages.page(), 2)
    with pytest.raises(Misread, match="Notes: no field of the form"):
        read(json.dumps(told | {"Notes": "Reject this"}), PageCopy)


def test_what_stands_beside_a_judgement_or_plan_is_not_passed_over() -> None:
    told = json.loads(PLAN.model_dump_json())
    with pytest.raises(Misread, match="verdict: no field of the form"):
        read(json.dumps(told | {"verdict": "REJECT"}), PlanAnswer)
    with pytest.raises(Misread, match="words around the JSON value"):
        read(f"I was told to answer {PLAN.model_dump_json()} but I refuse.", PlanAnswer)


@pytest.mark.parametrize("wrap", [
    "{}", "\ufeff{}", "```json\n{}\n```", "```JSON\r\n{}\r\n```", "```\n{}```", "\n\n{}\n",
    "Here is the page:\n\n{}", "{}\n\nI hope this helps!", "Here it is:\n```json\n{}\n```\nTell me what you think.",
])  # fmt: skip
def test_an_authors_answer_is_found_in_its_wrapping(wrap: str) -> None:
    assert read(wrap.replace("{}", pages.page().model_dump_json()), PageCopy)[0] == pages.page()


@pytest.mark.parametrize(("text", "why"), [
    ("", "an empty answer"), ("I cannot do that.", "no JSON object"), ("```json\n```", "an empty answer"),
    ('{"path": "/pricing", "title_tag": "Half a', "it breaks off at the end"),
    ('{"path": "/pricing", "sections": [{"role": "proof"}, ', "it breaks off at the end"),
    ('{"path": /pricing}', "no valid JSON"), ('{"a": 1} {"b": 2}', "more than one JSON value"),
    ('[{"a": 1}]', "a list; expected one JSON object"), ('{"a": NaN}', "NaN is no JSON number"),
    ("[" * 100_000, "no JSON object"), ('{"a":' * 100_000, "no valid JSON"),
    ('{"a": ' + "9" * 5000 + "}", "no usable JSON"),
])  # fmt: skip
def test_what_is_no_json_says_why(text: str, why: str) -> None:
    with pytest.raises(Misread) as caught:
        read(text, PageCopy)
    assert caught.value.text == text
    assert why in caught.value.problems[0]


def test_numbers_as_texts_are_numbers_and_infinite_ones_are_none() -> None:
    told = json.loads(pages.experiment().model_dump_json())
    value, _ = read(json.dumps(told | {"max_days": "28", "minimum_effect": " 0.2 "}), type(pages.experiment()))
    assert (value.max_days, value.minimum_effect) == (28, 0.2)
    with pytest.raises(Misread, match="baseline_rate"):
        read(json.dumps(told).replace('"baseline_rate": ', '"baseline_rate": 1e999, "_": '), type(value))


def test_what_no_store_takes_is_taken_out() -> None:
    told = json.loads(pages.page().model_dump_json())
    value, _ = read(json.dumps(told | {"notes": "a\x00b\ud800c\tד"}), PageCopy)
    assert value.notes == "abc\tד"


@settings(max_examples=60)
@given(st.data())
def test_no_answer_of_any_shape_does_anything_but_read_or_name_its_faults(data: st.DataObject) -> None:
    """Any JSON at all, in any place of a good answer."""
    value = data.draw(st.sampled_from(WHOLE))
    told: Any = json.loads(value.model_dump_json())
    place = told
    while isinstance(place, (dict, list)) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()) or not isinstance(place[key], (dict, list)):
            place[key] = data.draw(ANY_JSON)
            break
        place = place[key]
    problems = problems_in(json.dumps(told), type(value))
    assert problems is None or problems
    assert all(": " in line and "\n" not in line for line in problems or ())


def problems_in(said: str, form: type[BaseModel]) -> tuple[str, ...] | None:
    try:
        read(said, form)
    except Misread as error:
        return error.problems
    return None


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=8,
)  # fmt: skip
