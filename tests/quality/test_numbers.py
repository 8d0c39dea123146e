"""Numbers in the many ways people write them, and what counts as stating the same."""

import pytest

from marketeer_dagster.quality.counting import is_counting
from marketeer_dagster.quality.numbers import Unit, figures
from marketeer_dagster.quality.readings import numbers_in
from marketeer_dagster.quality.spelled import spelled
from marketeer_dagster.quality.stated import Stated


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1200", 1200, Unit.NONE),
        ("1,200", 1200, Unit.NONE),
        ("1.200", 1200, Unit.NONE),
        ("1 200", 1200, Unit.NONE),
        ("1\u202f200", 1200, Unit.NONE),
        ("1'200", 1200, Unit.NONE),
        ("1,200,300.50", 1_200_300.5, Unit.NONE),
        ("1.200.300,50", 1_200_300.5, Unit.NONE),
        ("３００", 300, Unit.NONE),
        ("3万", 30_000, Unit.NONE),
        ("1.2亿", 1.2e8, Unit.NONE),
        ("10k", 10_000, Unit.NONE),
        ("$1.2m", 1.2e6, Unit.MONEY),
        ("1,5 Mio.", 1.5e6, Unit.NONE),
        ("3.5 million", 3.5e6, Unit.NONE),
        ("3.21 %", 3.21, Unit.PERCENT),
        ("3,21 Prozent", 3.21, Unit.PERCENT),
        ("百分之30", 30, Unit.PERCENT),
        ("$39", 39, Unit.MONEY),
        ("39 €", 39, Unit.MONEY),
        ("39 USD", 39, Unit.MONEY),
        ("198元", 198, Unit.MONEY),
        ("3x", 3, Unit.TIMES),
        ("5-fold", 5, Unit.TIMES),
        ("3 times faster", 3, Unit.TIMES),
        ("3 times", 3, Unit.NONE),
        ("9:30", 9.5, Unit.CLOCK),
        ("6 pm", 18, Unit.CLOCK),
        ("18 Uhr", 18, Unit.CLOCK),
        ("晚上9点", 21, Unit.CLOCK),
        ("4.7/5", 4.7, Unit.RATING),
        ("4.7 out of 5", 4.7, Unit.RATING),
        ("30s", 30, Unit.NONE),
        ("10th", 10, Unit.NONE),
        ("500 m", 500, Unit.NONE),
    ],
)
def test_one_number(text: str, value: float, unit: Unit) -> None:
    (figure,) = figures(f"about it: {text} and more")
    assert (figure.value, figure.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("10-15 staff", [10, 15]),
        ("between 10 and 15", [10, 15]),
        ("2026-05-12", [2026, 12]),
        ("12.05.2026", [2026, 12]),
        ("in 2026 312 customers", [2026, 312]),
        ("IMG_2041, GA4, B2B, H2, 5G and 2FA", []),
        ("ISO 27001", [27001]),
        ("https://a.example/2026?x=7 and /pricing/2 and a7@b9.example", []),
        ("*|MERGE7|* and *|DATE:d/m/y|* and *|IF:AGE > 21|* 5", [5]),
        ("$9.00/month", [9]),
        ("一一一", []),
    ],
)
def test_several_numbers_or_none(text: str, values: list[float]) -> None:
    assert sorted(figure.value for figure in figures(text)) == sorted(values)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("twelve", [12]),
        ("twenty-one", [21]),
        ("two hundred and five", [205]),
        ("a hundred", [100]),
        ("three thousand", [3000]),
        ("one", []),
        ("forty percent", [40]),
        ("zwölf", [12]),
        ("einundzwanzig", [21]),
        ("zweihundert", [200]),
        ("eins, eine, ein", []),
        ("三万名", [30_000]),
        ("八千六百位", [8600]),
        ("十五年", [15]),
        ("共有一十家门店，一百名员工，一万名顾客", [10, 100, 10_000]),
        ("两倍", [2]),
        ("百分之九十五", [95]),
        ("九成的", [90]),
        ("一家、第一、十分、千万别", []),
        ("half of them", [50]),
        ("nine out of ten", [9, 9, 10]),
        ("one of three", [3]),
        ("attention, often, weight, tension", []),
    ],
)
def test_numbers_in_words(text: str, values: list[float]) -> None:
    assert sorted(figure.value for figure in spelled(text)) == sorted(values)


def supported(source: str, claim: str, table: str = "") -> bool:
    stated = Stated((source,), (table,) if table else ())
    found = numbers_in(claim)
    assert found
    return all(stated.supports(figure) for figure in found)


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("Serves 1200 restaurants", "1,200 restaurants"),
        ("Serves 1200 companies", "1,200 customers"),
        ("1,200 restaurants", "1200"),
        ("1.200 Betriebe", "1,200"),
        ("3.21 %", "3.2 %"),
        ("1,204 visitors", "1.2k visitors"),
        ("2,150 practices", "over 2,000"),
        ("2,150 practices", "2,000+"),
        ("1,960 visitors", "about 2,000"),
        ("1,960 visitors", "almost 2,000"),
        ("14 days", "two weeks"),
        ("14 days", "336 hours"),
        ("three months", "one quarter, that is 3 months"),
        ("a year", "12 months"),
        ("Reply time in hours: 4", "4 hours"),
        ("2 to 10 days", "from two days"),
        ("15 Kilometer", "15 km"),
        ("1.3 TB", "1,300 GB"),
        ("640 companies", "640 small companies"),
        ("92 % of visits", "92 percent of the visits"),
        ("Customers: 640", "640 customers"),
        ("one year and 24 months", "two years"),
        ("costs 39 USD", "$39"),
        ("Price in EUR: 39", "39 €"),
        ("a share of 0.0321", "3.2 %"),
        ("done by the tenth", "the 10th"),
        ("from 8 to 18:00", "8 am to 6 pm"),
        ("三万名", "30,000"),
        ("every second file: 50 %", "half of the files"),
        ("it is twice as fast", "2x"),
    ],
)
def test_the_same_number_in_other_words(source: str, claim: str) -> None:
    assert supported(source, claim)


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("14 days", "14 %"),
        ("14 days", "$14"),
        ("$39", "€39"),
        ("4.7 of 5", "5 of 5"),
        ("rated 4.7", "rated 5"),
        ("3.2 %", "3.21 %"),
        ("1,204", "1,200"),
        ("2,150", "3,000"),
        ("2,150 practices", "over 1,000"),
        ("6.4 tonnes", "6,400 tonnes"),
        ("87 %", "86,501"),
        ("half of them", "50 teams"),
        ("Sells 1200 rotas", "1,200 restaurants"),
        ("14 days", "14 weeks"),
        ("30 days", "one to 30 months"),
        ("30 days", "three months"),
        ("14 days", "14 clients"),
        ("14 clients", "14 days"),
        ("14 TB of storage", "14 GB of storage"),
        ("15 km away", "15 minutes away"),
        ("92 % of visits", "92 % of animals"),
        ("640 companies and 131 reviews", "131 companies"),
        ("open from 8 to 20:00", "20 rooms"),
        ("rated 4.8 of 5", "5 stars"),
        ("18:00", "20:00"),
        ("9 am", "9 pm"),
        ("3 clients", "3x"),
        ("in 2026", "thousands of clients"),
        ("12 files", "thousands of files"),
        ("4 in 5", "4 in 10"),
    ],
)
def test_another_number(source: str, claim: str) -> None:
    assert not supported(source, claim)


def test_tables_state_figures_whose_unit_is_in_a_heading() -> None:
    assert supported("", "$5,382", table="| revenue |\n|---|\n| 5382 |")
    assert not supported("5382 visitors", "$5,382")


@pytest.mark.parametrize(
    ("text", "counting"),
    [
        ("1. Import", True),
        ("(2) Choose", True),
        ("3 steps to go", True),
        ("three short questions", True),
        ("Step 4: send", True),
        ("第2步", True),
        ("the two of you", True),
        ("14 steps", False),
        ("3 integrations", False),
        ("two clients", False),
        ("2.5 steps", False),
        ("3 % steps", False),
    ],
)
def test_counting_ones_own_parts(text: str, counting: bool) -> None:
    found = [*figures(text), *spelled(text)]
    assert [is_counting(figure) for figure in found] == [counting]
