"""Sentences that customers may read and sentences they must not, in English, German and Chinese."""

from collections.abc import Mapping

import pytest

from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.quality import claims
from marketeer_dagster.quality.claims import Sources
from tests.quality import pages
from tests.quality.written import contexts

GERMAN = ProductContext(
    name="Rechnungsheld",
    sections=dict.fromkeys(Section, "-")
    | {
        Section.OVERVIEW: "Rechnungsheld schreibt Rechnungen für Handwerksbetriebe. Der Tarif Meister kostet 29 € "
        "im Monat. Die Testphase dauert 14 Tage und ist kostenlos. Support von 8 bis 18 Uhr.",
        Section.DIFFERENTIATION: "Funktioniert mit DATEV und lexoffice. Server stehen in Nürnberg.",
        Section.PROOF: "1.200 Betriebe nutzen Rechnungsheld. Kunden sparen drei Stunden pro Woche.\n"
        "„Seit März schreibe ich keine Rechnung mehr am Sonntag.“ — Jutta Brandl, Malermeisterin",
    },
)
KNOWN: Mapping[str, ProductContext] = {**contexts(), "german": GERMAN}


def said(context: str, sentence: str) -> list[Finding]:
    """Findings about a sentence in a paragraph of a page."""
    found = claims.check(pages.with_text(sentence), Sources(context=KNOWN[context]))
    return [finding for finding in found if finding.where == f"sections[{len(pages.page().sections)}].body"]


ACCEPTED = {
    "threlby": """
2,150 practices use it
2150 practices use it
2.150 practices use it
2'150 practices use it
2 150 practices use it
Over 2,000 practices trust the checklist
More than 1,100 practices were measured
Thousands of practices have left the spreadsheet
nearly 2,200 practices
2,000+ practices
87 % of checklists are complete, up from 52 %.
87 percent of checklists are complete
Half of the clients never log in
Save 5.5 hours a month
Two weeks to try it
A two-week trial
Start the 14-day trial today
$39 a month
39 USD a month
USD 39
8 am to 6 pm
open until 18:00
between 8:00 and 18:00
the 10th of the month
10 to 40 staff
10–40 staff
three countries and two hundred clients
ten months instead of twelve
The price is fixed for two years
4.7 of 5 from 386 reviews
4.7/5
4.7 stars
4 in 10 customers run both
two of five practices lose somebody
two out of five practices lose somebody
one of three plans
Frequently Asked Questions
Irish and Dutch practices
Untangle Your January Before It Begins
Google Drive, SharePoint and Dropbox — your folders stay yours
Do it twice and you will never do it by hand again.
From “please send it again” to done
99.97 % availability
Certified to ISO 27001
ISO 27001 certified
SharePoint, Google Drive or Dropbox
Xero-ready exports
Moira Fennimore runs a practice.
Dirk Hollander says so. Hi there. Feel free to reply.
Threlby's board shows it
What You Get With Threlby
Why Practices Choose Threlby Over Email
Stop Chasing Clients And Start Closing Books
You NEVER chase again
GA4 and B2B are fine words
A file called IMG_2041
No credit card needed
Cancel at any time
refunded in full within 30 days
Unlimited users in Firm
1. Import your clients.\\n2. Choose a template.\\n3. Send the request.
Three steps and you are done
Step 2: choose a template
Two things help. The two of you decide.
one place for it all, a first step
See /pricing/2 and https://threlby.example/x?u=777 for details
*|FNAME|*, your clients are waiting
Day one: import and one template.
Carrow Vale Accountants cut late closings from 31 % to 9 %
As one owner put it: "I used to write forty reminders on a Monday."
"Is it safe enough for payslips and passports?" Yes.
“Clients who never opened the old portal … from the car park.”
Press "Start the 14-day trial" and import your list.
The best time to start is now. Your biggest clients may stay on email.
It's free of jargon and frees your afternoon
In January the team works weekends.
""",
    "german": """
1.200 Betriebe nutzen Rechnungsheld
1200 Betriebe vertrauen uns
Über 1.000 Betriebe
29 Euro im Monat
29 € pro Monat
zwei Wochen kostenlos testen
Drei Stunden sparen Handwerker jede Woche.
Von 8 bis 18 Uhr
Ihre Rechnung in drei Schritten
Die Server stehen in Nürnberg, die Daten gehören Ihnen.
Mit DATEV verbunden
„Seit März schreibe ich keine Rechnung mehr am Sonntag.“
Schluss mit Papierkram am Sonntag Abend
Ein Betrieb, eine Rechnung, ein Klick
Der Tarif Meister
""",
    "clinic_zh": """
8600位居民
８６００位居民
八千六百位居民
8600多位居民
洁牙只要198元
每天营业到晚上九点
每天开到21点
开到21:00
评分4.8
到店平均等候不超过10分钟
30秒预约
三十秒完成
首次检查免费
2名医生来自浙大附属口腔医院
“终于有一家先告诉我多少钱的诊所。”
第一步：预约
三个步骤，三步完成预约
一家社区诊所，十分安心，千万别忍
陈女士带儿子来了三次
孩子怕看牙怎么办，大医院排队久
""",
    "nonprofit": """
23 sites and 112 days
£4 a month
91 pence of each pound
Every first Saturday
£210,000
Hundreds of members
A 500-metre stretch
within two days
""",
}
REJECTED = {
    "threlby": """
Used by 7,431 teams
7431 teams
Over 3,500 practices
Saves 47 % of your time
14 % faster
3x faster
ten times faster
It is twice as fast
This doubles your output
a forty percent saving
$14 a month
€39 a month
$9.99/month
$1.2m saved
10k users
Save 8–13 hours
by 12 May 2031
2027-01-05
In 2019 we started
seventeen integrations
nine out of ten clients
9 in 10 clients
one in five clients
a tenth of your week
We raise signups by 20 %
about 2,900 signups a month
twenty-one languages
millions of files
open until 20:00
9 pm
Rated 5 of 5
5 stars
Call +44 20 7946 0958
Mail sales@fake.example
SOC 2 compliant
SOC2
HIPAA-ready
GDPR compliant
5G speeds
9001 files
HubSpot integration
We use Stripe for this and it works well.
Trusted by Acme Robotics
Trusted By Acme Robotics
Loved by Salesforce
As seen in TechCrunch
Join Netflix and others
Meet Zendesk, the tool for that.
says Mark Young
Klaus Weber swears by it
Our CEO Petra Vogel knows
Northwind supports us in this
the best tool
#1 in the market
No. 1 choice
the fastest way
the only tool that works
guaranteed results
award-winning
revolutionary
Unlimited storage
Support 24/7
30 % discount
Free for ever
Only 3 seats left
"This changed everything about how we work here," said one.
‘Nobody could believe how quickly it all went here’
“Clients sent their papers … from the moon and back.”
> It took us an afternoon and nobody complained at all
""",
    "german": """
7.431 Betriebe
47 % schneller
doppelt so schnell
Siebzehn Vorlagen
einundzwanzig Vorlagen
Millionen von Rechnungen
49 € im Monat
20 % Rabatt
Der beste Rechnungsdienst
Marktführer für Handwerker
garantiert fehlerfrei
unbegrenzt viele Rechnungen
TÜV-geprüft
Mit HubSpot verbunden
Herr Klaus Weber nutzt es täglich
von der Muster GmbH
jederzeit kündbar
rund um die Uhr erreichbar
„So einfach war das Schreiben von Rechnungen noch nie.“
""",
    "clinic_zh": """
服务过9300位居民
三万位居民
3万名顾客
３００位专家
数万名患者
百分之九十五的顾客
九成的顾客满意
效果提升两倍
十五年经验
洁牙98元
打八折
开到晚上十点
评分4.9
最好的诊所
全市第一
唯一
保证不疼
根治牙周炎
终身质保
李娜女士说很好
来自北京协和医院的专家
24小时服务
ISO9001认证
随时取消
“这里的医生真的太温柔了一点都不疼。”
""",
    "nonprofit": """
40 sites
€4 a month
£5 a month
10 tonnes
Greenpeace supports us in this.
Tens of thousands of members
""",
}


def table(rows: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, row.replace("\\n", "\n")) for name, text in rows.items() for row in text.strip().splitlines()]


@pytest.mark.parametrize(("context", "sentence"), table(ACCEPTED))
def test_true_sentences_pass(context: str, sentence: str) -> None:
    assert [(finding.quote, finding.problem) for finding in said(context, sentence)] == []


@pytest.mark.parametrize(("context", "sentence"), table(REJECTED))
def test_invented_sentences_are_found(context: str, sentence: str) -> None:
    found = said(context, sentence)
    assert found
    assert {finding.severity for finding in found} == {Severity.BLOCKER}
    assert all(finding.dimension == "claims" and finding.suggestion for finding in found)


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ("It saves 47 %.", "states 47 %"),
        ("Trusted by Salesforce.", "mentions Salesforce"),
        ("The best tool.", "needs proof"),
        ("Support 24/7.", "around the clock"),
        ('"It changed how all of us work."', "on record"),
    ],
)
def test_the_finding_says_what_is_wrong(sentence: str, problem: str) -> None:
    assert problem in said("threlby", sentence)[0].problem
