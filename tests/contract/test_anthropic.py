"""The Messages API as Anthropic's own SDK meets it: answers, streaming, tools, accounting, errors, batches."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import anthropic
import httpx
import httpx2
import pytest
from pydantic import BaseModel, Field

from marketeer_dagster.agents.answers import ReviewAnswer
from marketeer_dagster.model.artefacts import artefact_kinds
from marketeer_dagster.sandbox.faults import FaultKind, FaultSpec
from marketeer_dagster.sandbox.habits import HabitSpec
from marketeer_dagster.sandbox.server import Running, run_in_thread
from tests.sandbox import author_tasks as tasks

MODEL = "claude-sonnet-5-5"
PageCopy = artefact_kinds()["page_copy"]


class Weather(BaseModel):
    city: str = Field(max_length=30)
    degrees: int = Field(ge=-50, le=60)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


@pytest.fixture
def client(sandbox: Running, request: pytest.FixtureRequest) -> anthropic.Anthropic:
    """A client with a key of its own: caches and limits belong to a key."""
    return anthropic.Anthropic(api_key=f"sk-{request.node.name}", base_url=f"{sandbox.url}/anthropic", max_retries=0)


def system(ttl: str | None = "5m", text: str | None = None) -> list[dict[str, object]]:
    control = {"cache_control": {"type": "ephemeral", "ttl": ttl}} if ttl else {}
    return [{"type": "text", "text": text or tasks.system("saas"), **control}]


def asked(**changes: object) -> dict[str, object]:
    turn = {"role": "user", "content": tasks.draft("saas")}
    return {"model": MODEL, "max_tokens": 16000, "system": system(), "messages": [turn], **changes}


def test_structured_outputs_parse_into_pydantic_models(client: anthropic.Anthropic) -> None:
    message = client.messages.parse(output_format=PageCopy, **asked())
    assert message.stop_reason == "end_turn"
    assert message.parsed_output is not None
    assert message.parsed_output.target_page() == "/pricing"
    assert message.model == MODEL
    assert message._request_id
    assert message._request_id.startswith("req_")


async def test_the_async_client_is_served_too(sandbox: Running) -> None:
    async with anthropic.AsyncAnthropic(api_key="sk-async", base_url=f"{sandbox.url}/anthropic") as client:
        messages = await asyncio.gather(*(client.messages.parse(output_format=Weather, **asked()) for _ in range(8)))
    assert len({message.content[0].text for message in messages}) == 1


def test_streaming_gives_the_same_message(client: anthropic.Anthropic) -> None:
    whole = client.messages.parse(output_format=PageCopy, **asked())
    with client.messages.stream(output_format=PageCopy, **asked()) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert final.parsed_output == whole.parsed_output
    assert final.usage.output_tokens == whole.usage.output_tokens
    assert final.stop_reason == "end_turn"


def test_plain_text_without_a_schema(client: anthropic.Anthropic) -> None:
    message = client.messages.create(**asked(messages=[{"role": "user", "content": "What does Ledgerloop do?"}]))
    assert message.content[0].type == "text"
    assert "Ledgerloop" in message.content[0].text


def test_tools_are_called_and_their_results_end_the_turn(client: anthropic.Anthropic) -> None:
    tools = [{"name": "fetch_page", "description": "Fetch a page of the site", "input_schema": {
        "type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}}]  # fmt: skip
    question = {"role": "user", "content": "Use fetch_page to look at the site, then tell me what Ledgerloop does."}
    first = client.messages.create(**asked(messages=[question], tools=tools, tool_choice={"type": "auto"}))
    assert first.stop_reason == "tool_use"
    call = first.content[0]
    assert call.type == "tool_use"
    assert call.input["path"].startswith("/")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "<h1>Ledgerloop</h1>"}
    turns = [question, {"role": "assistant", "content": [call.model_dump()]}, {"role": "user", "content": [result]}]
    second = client.messages.create(**asked(messages=turns, tools=tools))
    assert second.stop_reason == "end_turn"
    with client.messages.stream(**asked(messages=[question], tools=tools)) as stream:
        assert stream.get_final_message().content[0].input == call.input


def test_stop_reasons(client: anthropic.Anthropic) -> None:
    short = client.messages.create(**asked(max_tokens=20))
    assert short.stop_reason == "max_tokens"
    assert short.usage.output_tokens == 20
    marked = [{"role": "user", "content": "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_X"}]
    refused = client.messages.create(**asked(messages=marked))
    assert refused.stop_reason == "refusal"
    assert refused.content == []
    question = [{"role": "user", "content": "What does Ledgerloop do?"}]
    stopped = client.messages.create(**asked(messages=question, stop_sequences=["Ledgerloop"]))
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", "Ledgerloop")


def test_cache_accounting(client: anthropic.Anthropic) -> None:
    first = client.messages.create(**asked()).usage
    assert first.cache_creation_input_tokens
    assert first.cache_creation_input_tokens > 1024
    assert first.cache_read_input_tokens == 0
    second = client.messages.create(**asked(messages=[{"role": "user", "content": "And now?"}])).usage
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
    assert second.cache_creation_input_tokens == 0
    assert second.input_tokens < 20
    total = client.messages.count_tokens(model=MODEL, system=system(), messages=asked()["messages"]).input_tokens
    assert total == first.input_tokens + first.cache_creation_input_tokens
    other = client.messages.create(**asked(model="claude-sonnet-5")).usage
    assert other.cache_read_input_tokens == 0


def test_an_hour_costs_its_own_kind_of_write(client: anthropic.Anthropic) -> None:
    usage = client.messages.create(**asked(system=system("1h"))).usage
    assert usage.cache_creation is not None
    assert usage.cache_creation.ephemeral_1h_input_tokens == usage.cache_creation_input_tokens
    assert usage.cache_creation.ephemeral_5m_input_tokens == 0


def test_a_prefix_below_the_models_minimum_is_not_cached(client: anthropic.Anthropic) -> None:
    usage = client.messages.create(**asked(system=system(text="Be brief."))).usage
    assert usage.cache_creation_input_tokens == 0
    haiku = client.messages.create(**asked(model="claude-haiku-5-5")).usage
    assert haiku.cache_creation_input_tokens == 0


def test_accounts_do_not_share_a_cache(sandbox: Running) -> None:
    for key in ("sk-one", "sk-two"):
        client = anthropic.Anthropic(api_key=key, base_url=f"{sandbox.url}/anthropic")
        assert client.messages.create(**asked()).usage.cache_read_input_tokens == 0


def billed(sandbox: Running, *answers: anthropic.types.Message) -> list[Decimal]:
    """What the ledger says of the requests that these answers came to."""
    wanted = {answer._request_id for answer in answers}
    rows = sandbox.world.ledger.entries(vendor="anthropic")
    return [row.amount for row in rows if json.loads(row.detail)["request_id"] in wanted]


def test_a_request_that_comes_twice_is_billed_twice_whatever_key_it_has(
    client: anthropic.Anthropic, sandbox: Running
) -> None:
    headers = {"Idempotency-Key": "fingerprint-1"}
    answers = [client.messages.create(extra_headers=headers, **asked()) for _ in range(3)]
    assert len({answer.id for answer in answers}) == len(billed(sandbox, *answers)) == 3
    keys = Counter(row.key for row in sandbox.world.ledger.entries(vendor="anthropic"))
    assert max(keys.values()) >= 3, "the ledger's key is what was asked: doubles show"


def test_the_ledger_holds_the_catalogs_price(client: anthropic.Anthropic, sandbox: Running) -> None:
    answer = client.messages.create(**asked())
    usage = answer.usage
    written = usage.cache_creation_input_tokens or 0
    cost = (2 * usage.input_tokens + Decimal("2.5") * written + 10 * usage.output_tokens) / Decimal(1_000_000)
    assert billed(sandbox, answer) == [cost]
    rows = sandbox.world.ledger.entries(vendor="anthropic")
    entry = next(row for row in rows if json.loads(row.detail)["request_id"] == answer._request_id)
    assert (entry.tenant, json.loads(entry.detail)["purpose"]) == ("acme", "copywriting/draft")


async def test_who_hangs_up_before_the_answer_is_billed_all_the_same(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_CLAUDE_LATENCY_S", "5")
    before = len(sandbox.world.ledger.entries(vendor="anthropic"))
    headers = {"x-api-key": "sk-gone", "anthropic-version": "2023-06-01"}
    async with httpx.AsyncClient(base_url=f"{sandbox.url}/anthropic", headers=headers) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v1/messages", json=asked(), timeout=0.5)
        for _ in range(100):
            if len(sandbox.world.ledger.entries(vendor="anthropic")) == before + 1:
                return
            await asyncio.sleep(0.05)
    raise AssertionError("it was not billed")


@pytest.mark.parametrize("kind", [FaultKind.CUT_AFTER_WRITE, FaultKind.CUT_STREAM])
def test_a_connection_that_is_cut_leaves_a_bill(client: anthropic.Anthropic, sandbox: Running, kind: FaultKind) -> None:
    before = len(sandbox.world.ledger.entries(vendor="anthropic"))
    sandbox.world.faults.add(FaultSpec(vendor="anthropic", kind=kind, count=1))
    try:
        with pytest.raises((anthropic.APIConnectionError, httpx2.HTTPError)):
            for _ in client.messages.create(stream=True, **asked()):
                pass
    finally:
        sandbox.world.faults.clear()
    assert len(sandbox.world.ledger.entries(vendor="anthropic")) == before + 1


def test_an_answer_can_be_given_up_after_the_headers(client: anthropic.Anthropic, sandbox: Running) -> None:
    sandbox.world.faults.add(FaultSpec(vendor="anthropic", kind=FaultKind.STREAM_ERROR, count=1))
    try:
        with pytest.raises(anthropic.APIStatusError) as caught, client.messages.stream(**asked()) as stream:
            stream.get_final_message()
    finally:
        sandbox.world.faults.clear()
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")


def test_an_empty_purse_is_a_bad_request(client: anthropic.Anthropic, sandbox: Running) -> None:
    sandbox.world.faults.add(FaultSpec(vendor="anthropic", kind=FaultKind.NO_CREDIT, count=2))
    try:
        for ask in (client.messages.create, client.messages.count_tokens):
            wanted = asked()
            if ask == client.messages.count_tokens:
                wanted.pop("max_tokens")
            with pytest.raises(anthropic.BadRequestError, match="credit balance is too low") as caught:
                ask(**wanted)
            assert caught.value.response.headers["x-should-retry"] == "false"
    finally:
        sandbox.world.faults.clear()


def test_a_small_account_is_sent_away_for_minutes(client: anthropic.Anthropic, sandbox: Running) -> None:
    sandbox.world.habits.turn(HabitSpec(vendor="anthropic", name="small_account"))
    try:
        answered = client.messages.with_raw_response.create(**asked())
        assert answered.headers["anthropic-ratelimit-input-tokens-limit"] == "30000"
        with pytest.raises(anthropic.RateLimitError) as caught:
            [client.messages.create(**asked()) for _ in range(50)]
        too_long = [{"role": "user", "content": "word " * 40_000}]
        with pytest.raises(anthropic.RateLimitError):
            client.messages.create(**asked(messages=too_long))
    finally:
        sandbox.world.habits.turn(HabitSpec(vendor="anthropic", name="small_account", on=False))
    headers = caught.value.response.headers
    assert (headers["retry-after"], headers["x-should-retry"]) == ("505", "true")
    assert headers["anthropic-ratelimit-requests-limit"] == "50"


@pytest.mark.parametrize(
    ("model", "effort", "said"),
    [
        (
            "claude-sonnet-5-5",
            "xhigh",
            "does not support effort level 'xhigh'. Supported levels: high, low, max, medium",
        ),
        ("claude-haiku-5-5", "low", "does not support the effort parameter"),
        ("claude-opus-5-5", "xhigh", ""),
    ],
)
def test_models_differ_in_the_efforts_they_take(
    client: anthropic.Anthropic, model: str, effort: str, said: str
) -> None:
    wanted = asked(model=model, output_config={"effort": effort})
    if not said:
        assert client.messages.create(**wanted).stop_reason == "end_turn"
        return
    with pytest.raises(anthropic.BadRequestError, match=said):
        client.messages.create(**wanted)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"temperature": 0.5}, "temperature"),
        ({"top_k": 5}, "top_k"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 999_999}, "maximum allowed number of output tokens"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "user", "content": " "}]}, "non-empty"),
        ({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]}, "prefill"),
        ({"system": [b for _ in range(5) for b in system()]}, "maximum of 4 blocks with cache_control"),
        ({"system": [*system("5m"), *system("1h")]}, "must not come after"),
        ({"system": system("2h")}, "ttl"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {}}}}},
            "additionalProperties",
        ),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "string", "maxLength": 5}}}},
            "maxLength",
        ),
        ({"unknown": 1}, "Extra inputs"),
    ],
)
def test_bad_requests_are_refused_by_name(client: anthropic.Anthropic, changes: dict[str, object], said: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as error:
        client.post("/v1/messages", body=asked(**changes), cast_to=anthropic.types.Message)
    assert error.value.type == "invalid_request_error"
    assert said in error.value.message


def test_errors_have_the_vendors_classes(client: anthropic.Anthropic, sandbox: Running) -> None:
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(**asked(model="claude-nonesuch-9"))
    stranger = anthropic.Anthropic(api_key="invalid", base_url=f"{sandbox.url}/anthropic", max_retries=0)
    with pytest.raises(anthropic.AuthenticationError):
        stranger.messages.create(**asked())
    nobody = httpx.post(f"{sandbox.url}/anthropic/v1/messages", json=asked())
    assert (nobody.status_code, nobody.json()["error"]["type"]) == (401, "authentication_error")
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("claude-nonesuch-9")
    with pytest.raises(anthropic.RequestTooLargeError):
        client.messages.create(**asked(messages=[{"role": "user", "content": "x" * 34_000_000}]))


@pytest.mark.parametrize(
    ("kind", "error", "wait"),
    [(FaultKind.TOO_MANY, anthropic.RateLimitError, "2"), (FaultKind.OVERLOADED, anthropic.InternalServerError, None)],
)
def test_only_a_used_up_limit_says_when_to_come_back(
    client: anthropic.Anthropic,
    sandbox: Running,
    kind: FaultKind,
    error: type[anthropic.APIStatusError],
    wait: str | None,
) -> None:
    sandbox.world.faults.add(FaultSpec(vendor="anthropic", kind=kind, count=1, retry_after_s=2))
    try:
        with pytest.raises(error) as raised:
            client.messages.create(**asked())
    finally:
        sandbox.world.faults.clear()
    assert raised.value.response.headers.get("retry-after") == wait
    assert raised.value.response.headers["x-should-retry"] == "true"


def test_answers_tell_the_limits(client: anthropic.Anthropic) -> None:
    headers = client.messages.with_raw_response.create(**asked()).headers
    for name in ("requests", "input-tokens", "output-tokens"):
        limit, left = (int(headers[f"anthropic-ratelimit-{name}-{part}"]) for part in ("limit", "remaining"))
        assert 0 < left <= limit
    assert headers["request-id"].startswith("req_")


def test_models_are_listed(client: anthropic.Anthropic) -> None:
    names = [model.id for model in client.models.list()]
    assert {"claude-opus-5-5", "claude-sonnet-5-5", "claude-sonnet-5", "claude-haiku-5-5"} <= set(names)
    assert client.models.retrieve("claude-opus-5-5").display_name == "Claude Opus 5.5"


def test_batches_run_at_half_price_and_keep_identity(client: anthropic.Anthropic, sandbox: Running) -> None:
    requests = [
        {"custom_id": "good", "params": asked()},
        {"custom_id": "bad", "params": asked(model="claude-nonesuch-9")},
    ]
    batch = client.messages.batches.create(requests=requests)
    assert batch.processing_status == "in_progress"
    assert batch.request_counts.processing == 2
    batch = client.messages.batches.retrieve(batch.id)
    assert batch.processing_status == "ended"
    assert (batch.request_counts.succeeded, batch.request_counts.errored) == (1, 1)
    results = {entry.custom_id: entry.result for entry in client.messages.batches.results(batch.id)}
    assert results["good"].type == "succeeded"
    assert results["good"].message.usage.service_tier == "batch"
    assert results["bad"].type == "errored"
    assert results["bad"].error.error.type == "not_found_error"
    direct = client.messages.create(**asked(system=system(None)))
    assert direct.usage.output_tokens == results["good"].message.usage.output_tokens
    rows = sandbox.world.ledger.entries(vendor="anthropic")
    (paid,) = (row.amount for row in rows if row.key == f"{batch.id}/good")
    assert paid < billed(sandbox, direct)[0]
    assert client.messages.batches.delete(batch.id).type == "message_batch_deleted"


def test_a_review_through_the_sdk(client: anthropic.Anthropic) -> None:
    page = client.messages.parse(output_format=PageCopy, **asked()).parsed_output
    assert page is not None
    parts = (
        tasks.block("artefact", page.model_dump(mode="json"), ' kind="page_copy"'),
        tasks.block("rubric", {"clarity": "Is it clear?"}),
    )
    turn = {"role": "user", "content": tasks.user("saas", "review", *parts)}
    given = client.messages.parse(output_format=ReviewAnswer, **asked(messages=[turn])).parsed_output
    assert given is not None
    assert [mark.dimension for mark in given.dimensions] == ["clarity"]
