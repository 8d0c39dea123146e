"""Secrets are taken out of every text, however they are written; ordinary words stay."""

import base64
import json
import logging
from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.model.errors import BadInput, ToolError, ToolErrorKind
from marketeer_dagster.model.redaction import GONE, keep_out, keep_out_environment, redact
from marketeer_dagster.redacted_logs import clean, install

SHAPES = (
    "sk-ant-api03-Qm5XkzJ0example",
    "sk_live_51Habcdefghijkl",
    "rk_test_51Habcdefghijkl",
    "whsec_abcdefgh12345678",
    "ya29.a0AfH6SMBexample",
    "1//0gExampleRefreshToken",
    "GOCSPX-example-secret-1",
    "AIzaSyExampleExampleExample1234",
    "0123456789abcdef0123456789abcdef-us21",
    "eyJhbGciOi.eyJzdWIiOiI.c2lnbmF0dXJl",
    "aB3d eF6h iJ9l mN2p qR5t uV8x",
)


@pytest.mark.parametrize("secret", SHAPES)
@pytest.mark.parametrize("text", ["{}", "401: the key {} is not valid", '{{"message": "no such key: {}"}}', "x={}&y=1"])
def test_what_has_the_shape_of_a_credential_goes(secret: str, text: str) -> None:
    cleaned = redact(text.format(secret))
    assert secret not in cleaned
    assert GONE in cleaned
    assert redact(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("https://ana:s3cret@example.com/a?b=1", "https://***@example.com/a?b=1"),
        ("postgresql://me:p%40ss@db:5432/store", "postgresql://***@db:5432/store"),
        ("postgresql://me:p@ss:w@rd@db:5432/store", "postgresql://***@db:5432/store"),
        ('{"password": "two words", "user": "ana"}', '{"password": "***", "user": "ana"}'),
        ("Authorization: token abcdef123", "Authorization: token ***"),
        ("AWS_SECRET_ACCESS_KEY=abc/def+1 x", "AWS_SECRET_ACCESS_KEY=*** x"),
        ("Set-Cookie: wordpress_logged_in=ana%7C12; path=/", "Set-Cookie: ***; path=/"),
        ("GET /x?access_token=abc123&page=2", "GET /x?access_token=***&page=2"),
        ("api_key=abc, user=ana", "api_key=***, user=ana"),
        ('{"password": "hunter2", "user": "ana"}', '{"password": "***", "user": "ana"}'),
        ("Authorization: Bearer abcdef123", "Authorization: Bearer ***"),
        ("authorization: Basic " + base64.b64encode(b"ana:pw").decode(), "authorization: Basic ***"),
        ("sent Basic " + base64.b64encode(b"ana:a longer one").decode() + " twice", "sent Basic *** twice"),
        ("x-api-key: k1234", "x-api-key: ***"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\nabc\n-----END PRIVATE KEY-----\nrest", "***\nrest"),
    ],
)
def test_values_go_and_what_they_belong_to_stays(text: str, cleaned: str) -> None:
    assert redact(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "wordpress: auth: 401 the password: wrong or revoked",
        "Basic authentication is switched off",
        "Bearer token missing",
        "token: expired",
        "they said that this page does have your name",
        "acme:spring: planning stopped: recommendations: no pipeline 'x'",
        "see https://example.com/a:b@c and https://example.com/?q=1",
        "mailchimp: invalid: 400 list_id of us21",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60))
def test_a_known_secret_goes_in_whatever_form_it_is_echoed(secret: str) -> None:
    keep_out([secret])
    forms = (
        secret,
        quote(secret),
        quote(secret, safe=""),
        escape(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    )
    for form in forms:
        assert form not in redact(f"before {form} after").replace(GONE, "")


@given(before=st.binary(max_size=4), after=st.binary(max_size=4))
def test_a_known_secret_goes_out_of_base64_of_more_than_itself(before: bytes, after: bytes) -> None:
    keep_out(["correct-horse-battery-9"])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        left = redact(encode(before + b"correct-horse-battery-9" + after).decode())
        assert GONE in left
        assert len(left.replace(GONE, "")) <= 18  # at most two letters on each side tell a bit of the secret


def test_a_password_that_is_written_with_spaces_is_known_without_them() -> None:
    keep_out(["wxyz wxyz wxyz abcd abcd abcd"])
    assert redact("user ana:wxyzwxyzwxyzabcdabcdabcd") == f"user ana:{GONE}"


def test_a_key_file_is_known_by_its_key_and_its_other_fields_may_be_told() -> None:
    keep_out(
        [json.dumps({"private_key": "MIIEvQIBADANBg", "client_email": "robot@example.com", "type": "service_account"})]
    )
    said = redact("robot@example.com of service_account sent MIIEvQIBADANBg")
    assert said == f"robot@example.com of service_account sent {GONE}"


def test_the_environment_is_known_by_its_names() -> None:
    keep_out_environment({"SMTP_PASSWORD": "correct-horse-9", "HOME": "/srv/somebody"})
    assert redact("correct-horse-9 in /srv/somebody") == f"{GONE} in /srv/somebody"


def test_every_error_of_ours_is_clean_from_its_birth() -> None:
    secret = "sk_live_51Habcdefghijkl"
    error = ToolError("stripe", ToolErrorKind.AUTH, f"Invalid API Key provided: {secret}", hint=f"replace {secret}")
    assert secret not in f"{error} {error.message} {error.hint} {error.args}"
    assert secret not in str(BadInput("no", where=f"--set api_key={secret}", expected=secret))


def test_records_are_clean_whoever_logs_them(caplog: pytest.LogCaptureFixture) -> None:
    install()
    log = logging.getLogger("some.vendors.sdk")
    log.warning("answer %s for %d", "key=sk_live_51Habcdefghijkl", 3)
    log.warning("already put together: sk_live_51Habcdefghijkl")
    try:
        raise ValueError("refused sk_live_51Habcdefghijkl")
    except ValueError:
        log.exception("it failed")
    assert "sk_live" not in caplog.text
    assert "ValueError: refused ***" in caplog.text
    assert "for 3" in caplog.text


def test_a_record_without_secrets_keeps_its_arguments() -> None:
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s"', ("127.0.0.1:1", "GET /"), None)
    assert clean(record).args == ("127.0.0.1:1", "GET /")
