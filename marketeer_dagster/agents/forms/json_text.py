"""The one JSON value that an answer is.

An endpoint that keeps to a schema answers with the bare value. Others put it into a code fence, or into prose; a fence
that is the whole answer is taken off. What stands in prose is read only where `in_prose` allows it, and only when there
is one value: a model that merely quotes a value which somebody planted in its material must not have answered with it.
"""

import json
import re
from typing import NoReturn

_FENCE = re.compile(r"^```[\w-]*\s*\n(?P<inside>.*?)\n?\s*```$", re.DOTALL)
_ALONE = "answer with the JSON value alone, nothing before or after it"


class NoJson(ValueError):
    """The answer holds no usable JSON value; the message says why, for whoever answers again."""


def value_in(answer: str, *, in_prose: bool) -> dict[str, object]:
    """The JSON object of `answer`; raises NoJson."""
    text = answer.strip().lstrip("\ufeff")
    fenced = _FENCE.match(text)
    text = fenced["inside"].strip() if fenced else text
    start = text.find("{")
    if not text:
        raise NoJson("an empty answer; expected the JSON value")
    if start < 0:
        raise NoJson(f"no JSON object in it; {_ALONE}")
    value, end = _decoded(text, start)
    before, after = text[:start].strip(), text[end:].strip()
    if not before and not after:
        return value
    if "{" in after:
        raise NoJson(f"more than one JSON value; {_ALONE}")
    if not in_prose:
        raise NoJson(f"words around the JSON value; {_ALONE}")
    if before.endswith("["):
        raise NoJson(f"a list; expected one JSON object; {_ALONE}")
    return value


def _decoded(text: str, start: int) -> tuple[dict[str, object], int]:
    decoder = json.JSONDecoder(strict=False, parse_constant=_no_number)
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        rest = len(text) - error.pos
        where = "it breaks off at the end" if rest <= 1 or error.msg.startswith("Unterminated") else _near(text, error)
        raise NoJson(f"no valid JSON ({error.msg}): {where}") from error
    except RecursionError as error:
        raise NoJson("no valid JSON: nested too deeply") from error
    except ValueError as error:  # what Python refuses to read although JSON has it: thousands of digits
        raise error if isinstance(error, NoJson) else NoJson(f"no usable JSON: {error}") from error
    return value, end


def _near(text: str, error: json.JSONDecodeError) -> str:
    return f"near {' '.join(text[max(0, error.pos - 30) : error.pos + 10].split())!r}"


def _no_number(name: str) -> NoReturn:
    raise NoJson(f"{name} is no JSON number")
