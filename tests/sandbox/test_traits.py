"""What the market sees in texts, contexts and pages."""

from dataclasses import replace

import pytest

from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.intents import Intent, intents_of
from marketeer_dagster.sandbox.text import stem, surface_words
from marketeer_dagster.sandbox.traits import traits_of
from marketeer_dagster.sandbox.variants import arms_of
from tests.sandbox.conftest import CONTEXTS, account

PAGE = """
<h1>Close the month on day four</h1><p><a class="cta" href="/signup">Start free trial</a></p>
<h2>How</h2><p>Text.</p>
"""


def about(context: str) -> tuple[Intent, ...]:
    return intents_of(1, AccountSpec(tenant="t", name="T", context_markdown=context))


@pytest.mark.parametrize("words", [("invoices", "invoice"), ("matching", "matched"), ("company's", "company")])
def test_forms_of_a_word_share_a_stem(words: tuple[str, str]) -> None:
    assert stem(words[0]) == stem(words[1])


def test_common_words_say_nothing_and_chinese_is_read_in_pairs() -> None:
    assert surface_words("We chase the receipts of every month") == ["chase", "receipts", "month"]
    assert surface_words("牙疼忍着") == ["牙疼", "疼忍", "忍着"]


def test_intents_speak_the_words_of_the_context() -> None:
    intents = intents_of(5, account())
    assert len(intents) >= 6
    assert sum(intent.weight for intent in intents) == pytest.approx(1.0)
    for intent in intents:
        assert sum(weight for _, weight in intent.vocabulary) == pytest.approx(1.0)
        assert intent.queries
    words = {word for intent in intents for word, _ in intent.vocabulary}
    assert {stem("auditors"), stem("intercompany"), stem("unusual")} <= words
    assert stem("Frankfurt") not in words, "our own answers are not what visitors have on their minds"


def test_intents_depend_on_seed_and_context_alone() -> None:
    assert intents_of(5, account()) == intents_of(5, account(monthly_sessions=999))
    assert intents_of(5, account()) != intents_of(6, account())


def test_searches_that_the_context_names_are_the_queries() -> None:
    context = (
        "## 9. Customer language\n\n"
        '- **People search for setup:** "how long to set up a portal", "import client list".\n'
        '- "Nobody ever opened the old portal." — A. Customer, owner\n'
        '- **Words to avoid:** "seamless", "platform", "revolutionary"\n'
    )
    setup, quote = about(context)
    assert setup.queries == ("how long to set up a portal", "import client list")
    assert "owner" not in quote.phrase and "portal" in quote.phrase
    assert all("seamles" not in dict(intent.vocabulary) for intent in (setup, quote))


def test_a_concern_can_be_named_or_answered() -> None:
    context = (
        '## 7. Objections\n\n- **"Is it safe enough for payslips and passports?"** Payslips and passports are '
        "encrypted, stored in Dublin and deleted by your retention rule.\n"
    )
    (safety,) = about(context)
    nothing = traits_of("T", "<h1>Welcome</h1><p>Powerful and flexible.</p>")
    named = traits_of("T", "<h1>Safe enough for payslips and passports</h1>")
    answered = traits_of("T", "<h1>Encrypted, stored in Dublin, deleted by your retention rule</h1>")
    assert nothing.match(safety) == 0.0
    assert named.match(safety) == 1.0
    assert 0.3 < answered.match(safety) < named.match(safety)


def test_what_stands_higher_on_the_page_counts_more() -> None:
    intent = intents_of(5, account())[0]
    hero = traits_of("T", f"<h1>{intent.phrase}</h1>").match(intent)
    heading = traits_of("T", f"<h1>Hello</h1><h2>{intent.phrase}</h2>").match(intent)
    body = traits_of("T", f"<h1>Hello</h1><h2>More</h2><p>{intent.phrase}</p>").match(intent)
    assert hero > heading > body > 0


def test_chinese_contexts_have_chinese_intents() -> None:
    context = (CONTEXTS / "clinic_zh.md").read_text(encoding="utf-8")
    intents = about(context)
    fear = next(intent for intent in intents if "疼" in intent.phrase)
    assert any("疼" in query for query in fear.queries)
    assert traits_of("诊所", f"<h1>{fear.phrase}</h1>").match(fear) > traits_of("诊所", "<h1>欢迎</h1>").match(fear)


def test_a_context_without_such_sections_still_gives_one_intent() -> None:
    (only,) = intents_of(1, AccountSpec(tenant="t", name="Tarn", one_liner="Records races in test suites"))
    assert only.weight == pytest.approx(1.0) and only.queries


def test_traits_are_what_a_visitor_can_see() -> None:
    plain = traits_of("T", PAGE)
    assert plain.clarity == 1.0
    assert traits_of("T", PAGE.replace("Start free trial", "Learn more")).clarity == 0.5
    assert traits_of("T", PAGE + '<a class="button" href="/b">Book a demo</a>').clarity < plain.clarity
    assert (
        traits_of("T", PAGE + "<p>96 % of lines, 41,000 euros, 130 teams, 9 days</p>").specificity > plain.specificity
    )
    assert traits_of("T", PAGE + "<blockquote>It works.</blockquote>").proof > plain.proof
    fields = "".join(f'<input name="f{n}">' for n in range(8))
    assert traits_of("T", f"{PAGE}<form>{fields}</form>").friction > plain.friction + 0.5
    assert traits_of("T", PAGE + "<p>every figure traces back to a bank line</p>" * 300).friction > plain.friction
    assert traits_of("T", PAGE + "<p>Revolutionary! Seamless! World-class!</p>").hype > plain.hype
    assert traits_of("T", PAGE + "<img src=a>" * 10).weight > plain.weight


def test_scripts_and_comments_are_not_read() -> None:
    hidden = "<!-- marketeer:key=1 --><script>var revolutionary = 41 ! 2</script>"
    assert replace(traits_of("T", hidden + PAGE), weight=0.0) == replace(traits_of("T", PAGE), weight=0.0)


def test_a_page_without_an_experiment_has_one_arm() -> None:
    arms = arms_of(PAGE)
    assert (arms.experiment, arms.names, arms.shares, arms.html) == ("", ("",), (1.0,), (PAGE,))


def test_each_arm_sees_its_own_block_and_what_is_common() -> None:
    html = (
        '<p>before</p>\n<div data-experiment="exp_1" data-variant="control" data-share="0.8">'
        "<div>A <br> a</div></div>\n"
        '<div data-experiment="exp_1" data-variant="b" data-share="0.2" hidden><div>B</div></div><p>after</p>'
    )
    arms = arms_of(html)
    assert (arms.experiment, arms.names, arms.shares) == ("exp_1", ("control", "b"), (0.8, 0.2))
    assert "A <br> a" in arms.html[0] and "B" not in arms.html[0]
    assert "<div>B</div>" in arms.html[1] and "hidden" not in arms.html[1]
    assert all("before" in seen and "after" in seen for seen in arms.html)


def test_shares_default_to_equal_and_a_single_arm_is_no_experiment() -> None:
    arm = '<div data-experiment="e" data-variant="{}">x</div>'
    assert arms_of(arm.format("a") + arm.format("b") + arm.format("c")).shares == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert arms_of(arm.format("a")).experiment == ""
