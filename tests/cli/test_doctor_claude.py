"""`doctor --claude` asks the endpoint with what the product sends; `doctor` alone asks nobody for money."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from marketeer_dagster.agents.questions import asked_forms
from marketeer_dagster.catalog import Catalog
from tests.cli.homes import CommandLine
from tests.support.messages_server import Fault, MessagesServer, Reply, messages_server

FORMS = {form.__name__ for form, _ in asked_forms(Catalog.load())}
SMALL = {"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-input-tokens-limit": "30000"}
LARGE = {"anthropic-ratelimit-input-tokens-limit": "2000000"}


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with messages_server() as running:
        running.answer = caching(LARGE)
        yield running


def caching(headers: dict[str, str], *, reads: bool = True):
    """A server that reads a prefix back when the same format and prefix came before."""
    seen: set[str] = set()

    def answer(body: dict[str, Any]) -> Reply:
        assert body["max_tokens"] < 100
        usage = {"input_tokens": 100, "output_tokens": 16}
        turn = body["messages"][0]["content"]
        blocks = [*body["system"], *(turn if isinstance(turn, list) else [])]
        cached = [block["text"] for block in blocks if "cache_control" in block]
        if cached:
            key = json.dumps([body["model"], body["output_config"], cached, isinstance(turn, list)])
            kind = "cache_read_input_tokens" if key in seen and reads else "cache_creation_input_tokens"
            usage[kind] = len(cached[0]) // 5
            seen.add(key)
        return Reply("{", stop_reason="max_tokens", usage=usage, headers=headers)

    return answer


def looked(marketeer: CommandLine, url: str) -> tuple[dict[str, dict[str, Any]], str, int]:
    answer = marketeer("doctor", "--claude", "--json", ANTHROPIC_BASE_URL=url, ANTHROPIC_API_KEY="sk-test")
    found = {finding["about"]: finding for finding in answer.json if finding["about"].startswith("claude ")}
    return found, answer.said, answer.code


def test_plain_doctor_asks_nobody_for_money(marketeer: CommandLine, server: MessagesServer) -> None:
    answer = marketeer("doctor", "--json", ANTHROPIC_BASE_URL=server.url, ANTHROPIC_API_KEY="sk-test")
    (claude,) = [finding for finding in answer.json if finding["about"] == "claude"]
    assert server.requests == []
    assert "not asked" in claude["detail"]
    assert "real" not in claude["detail"]


def test_every_format_model_and_effort_is_asked_for_cents_told_before(
    marketeer: CommandLine, server: MessagesServer
) -> None:
    found, said, _ = looked(marketeer, server.url)
    assert server.invalid == []
    assert f"asking {server.url} {len(server.requests)} times, for at most USD 0." in said
    formats = {about.split()[2] for about in found if about.startswith("claude format")}
    assert formats == FORMS
    assert all(finding["ok"] for finding in found.values()), found
    asked = {(body["model"], body["output_config"].get("effort")) for body in server.requests}
    assert asked == {
        ("claude-opus-5-5", "high"), ("claude-sonnet-5-5", "medium"), ("claude-sonnet-5", "medium"),
        ("claude-haiku-5-5", None),
    }  # fmt: skip
    assert all(body["stream"] for body in server.requests)
    assert "calls, USD 0.0" in found["claude endpoint"]["detail"]
    assert "input tokens 2,000,000" in found["claude limits"]["detail"]
    assert "back" in found["claude cache"]["detail"]
    assert found["claude cache, another format"]["detail"] == "begins anew, as documented"
    assert "reads" in found["claude cache, ending in the turn"]["detail"]


def test_what_an_endpoint_does_not_take_is_named_with_its_mend(marketeer: CommandLine, server: MessagesServer) -> None:
    def refuses(body: dict[str, Any]) -> Fault | None:
        if body["model"] == "claude-haiku-5-5":
            return Fault(404, kind="not_found_error", says="model: claude-haiku-5-5")
        if body["output_config"].get("effort") == "high":
            return Fault(400, kind="invalid_request_error", says="This model does not support effort level 'high'.")
        if "dimensions" in body["output_config"]["format"]["schema"]["properties"]:
            return Fault(
                400, kind="invalid_request_error", says="output_config.format.schema: too many optional fields"
            )
        return None

    server.refuses = refuses
    server.answer = caching(SMALL)
    found, _, code = looked(marketeer, server.url)
    assert code == 1
    assert "config.toml" in found["claude claude-haiku-5-5"]["remedy"]
    assert "effort level" in found["claude claude-opus-5-5"]["detail"]
    assert found["claude claude-sonnet-5-5"]["ok"]
    (review,) = [finding for about, finding in found.items() if about.startswith("claude format ReviewAnswer")]
    assert (review["ok"], "too many optional" in review["detail"]) == (False, True)
    limits = found["claude limits"]
    assert (limits["ok"], "30,000" in limits["detail"], "claude_concurrency" in limits["remedy"]) == (False, True, True)


def test_a_cache_that_is_never_read_is_told(marketeer: CommandLine, server: MessagesServer) -> None:
    server.answer = caching(LARGE, reads=False)
    found, _, code = looked(marketeer, server.url)
    assert (code, found["claude cache"]["ok"]) == (1, False)


def test_nothing_more_is_asked_once_the_account_is_refused(marketeer: CommandLine, server: MessagesServer) -> None:
    server.faults = [Fault(401, kind="authentication_error", says="invalid x-api-key")]
    found, _, code = looked(marketeer, server.url)
    assert (len(server.requests), code) == (1, 1)
    assert "ANTHROPIC_API_KEY" in str(found)


def test_in_the_sandbox_it_says_that_a_real_endpoint_must_confirm(marketeer: CommandLine) -> None:
    answer = marketeer("doctor", "--claude", "--json")
    found = {finding["about"]: finding for finding in answer.json if finding["about"].startswith("claude ")}
    assert "simulated" in found["claude endpoint"]["detail"]
    assert "costs nothing" in answer.said
    assert found["claude cache"]["ok"], found
