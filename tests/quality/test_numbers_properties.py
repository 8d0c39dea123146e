"""Numbers as locales and words write them: reading what was formatted gives the number back."""

from collections.abc import Callable
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from marketeer_dagster.quality.currencies import currency
from marketeer_dagster.quality.numbers import Unit
from marketeer_dagster.quality.readings import numbers_in

SEPARATORS = {
    "en": (",", "."), "de": (".", ","), "fr": ("\u202f", ","), "sv": ("\u00a0", ","), "ch": ("'", "."),
    "ch2": ("’", "."), "plain": ("", "."), "plain comma": ("", ","),
}  # fmt: skip
MONEY = {
    "USD": ("US${}", "USD {}", "{} USD", "{} US dollars"), "EUR": ("€{}", "{} €", "EUR {}", "{} Euro", "{} euros"),
    "GBP": ("£{}", "GBP {}", "{} pounds"), "AUD": ("A${}", "AUD {}", "${} AUD", "${} (AUD)"),
    "JPY": ("JPY {}", "{} yen", "¥{} (JPY)"),
    "BRL": ("R$ {}", "BRL {}"), "SEK": ("SEK {}", "{} SEK"), "CHF": ("CHF {}", "{} Franken"), "CNY": ("{}元", "RMB {}"),
    "$": ("${}", "{} dollars"), "¥": ("¥{}",), "kr": ("{} kr", "kr {}"),
}  # fmt: skip


def formatted(value: Decimal, places: int, grouping: str, point: str) -> str:
    whole, _, fraction = f"{value:,.{places}f}".partition(".")
    return whole.replace(",", grouping) + (point + fraction if fraction else "")


def read(text: str) -> list[float]:
    return [number for figure in numbers_in(text) for number in (figure.value, figure.otherwise) if number is not None]


values = st.decimals(min_value=13, max_value=99_999_999, places=2)


@given(values, st.sampled_from(sorted(SEPARATORS)), st.integers(0, 2))
def test_a_number_in_any_locale_is_read_back(value: Decimal, locale: str, places: int):
    value = round(value, places)
    text = f"They have {formatted(value, places, *SEPARATORS[locale])} widgets there"
    assert float(value) in read(text), text


@given(
    values, st.sampled_from(sorted(SEPARATORS)), st.sampled_from(sorted(MONEY)), st.integers(0, 4), st.integers(0, 1)
)
def test_money_in_any_locale_keeps_amount_and_currency(value: Decimal, locale: str, code: str, form: int, cents: int):
    value = round(value, 2 * cents)
    amount = formatted(value, 2 * cents, *SEPARATORS[locale])
    text = f"It costs {MONEY[code][form % len(MONEY[code])].format(amount)}, all in"
    figures = [figure for figure in numbers_in(text) if figure.unit is Unit.MONEY]
    assert [figure.currency for figure in figures] == [code], text
    assert float(value) in read(text), text


@given(
    values, st.sampled_from(("k", "m", "M", "mn", "bn", "million", "billion", "thousand", "Mio", "Mrd", "Millionen"))
)
def test_a_scale_is_read_back(value: Decimal, word: str):
    value = round(value % 900 + 13, 1)
    factor = {"k": 3, "thousand": 3, "bn": 9, "billion": 9, "Mrd": 9}.get(word, 6)
    glued = "" if len(word) < 3 and word != "bn" else " "
    text = f"over {value}{glued}{word} records"
    assert any(abs(got - float(value) * 10**factor) < 10 ** (factor - 3) for got in read(text)), (text, read(text))


def _spell(language: str) -> Callable[[int], str]:
    return lambda value: str(num2words(value, lang=language)).replace(",", "")


@given(st.integers(2, 999_999))
def test_english_words_are_read_back(value: int):
    text = f"They have {_spell('en')(value)} widgets"
    assert float(value) in read(text), text


@given(st.one_of(st.integers(2, 100), st.sampled_from((200, 300, 900, 1000, 2000, 12_000, 40_000))))
def test_german_words_are_read_back(value: int):
    text = f"Es sind {_spell('de')(value)} Betriebe"
    assert float(value) in read(text), text


@given(st.integers(2, 99_999_999))
def test_chinese_words_are_read_back(value: int):
    text = f"共有{chinese(value)}家门店"
    assert float(value) in read(text), text


def chinese(value: int) -> str:
    """The usual spelling: 10,203 is 一万零二百零三."""
    if value >= 10_000:
        high, low = divmod(value, 10_000)
        return chinese(high) + "万" + ("" if not low else ("零" if low < 1000 else "") + chinese(low))
    digits, out = "零一二三四五六七八九", ""
    for power, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        if digit:
            out += digits[digit] + sign
        elif out and value % power:
            out += "" if out.endswith("零") else "零"
    return out


@given(st.text(alphabet="A$USDCaukr¥€ ()", max_size=8))
def test_any_marks_name_one_currency_or_none(mark: str):
    assert isinstance(currency(mark, None, mark), str)
