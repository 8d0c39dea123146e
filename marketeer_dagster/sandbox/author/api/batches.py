"""Message batches: accepted at once, answered when first looked at, results as JSON lines in another order."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.author.api.errors import ApiError, invalid
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.chance import token
from marketeer_dagster.sandbox.world import World

MAX_REQUESTS = 100_000
Answering = Callable[[str, object, str], dict[str, object]]
"""(account, params, ledger key) to a Message; raises ApiError."""
Endpoint = Callable[[Callable[[Request, str], Awaitable[Response]]], Callable[[Request], Awaitable[Response]]]
_BATCH, _RESULTS = "batch", "results"


class Batches:
    """/v1/messages/batches of one world."""

    def __init__(self, world: World, answer: Answering) -> None:
        self._world = world
        self._documents = world.documents("", "anthropic")
        self._answer = answer

    def routes(self, endpoint: Endpoint) -> list[BaseRoute]:
        path = "/v1/messages/batches"
        return [
            Route(path, endpoint(self.create), methods=["POST"]),
            Route(path, endpoint(self.list), methods=["GET"]),
            Route(f"{path}/{{id}}", endpoint(self.show), methods=["GET"]),
            Route(f"{path}/{{id}}", endpoint(self.delete), methods=["DELETE"]),
            Route(f"{path}/{{id}}/cancel", endpoint(self.cancel), methods=["POST"]),
            Route(f"{path}/{{id}}/results", endpoint(self.results), methods=["GET"]),
        ]

    async def create(self, request: Request, account: str) -> Response:
        """Accept a batch; nothing is billed yet."""
        try:
            body = Record.of(json.loads(await request.body()))
        except ValueError:
            raise invalid("The request body is not valid JSON") from None
        entries = body.records("requests")
        names = [entry.text("custom_id") for entry in entries]
        if not entries:
            raise invalid("requests: List should have at least 1 item after validation, not 0")
        if len(entries) > MAX_REQUESTS:
            raise invalid(
                f"requests: List should have at most {MAX_REQUESTS} items after validation, not {len(entries)}"
            )
        if len(set(names)) != len(names) or not all(0 < len(name) <= 64 for name in names):
            raise invalid("requests: custom_id must be unique within the batch and 1-64 characters long")
        identity = f"msgbatch_{token(24, self._world.seed, 'batch', self._documents.next_id('batch'))}"
        now = datetime.now(UTC)
        stored: dict[str, object] = {
            "id": identity,
            "account": account,
            "requests": [dict(entry.values) for entry in entries],
            "created_at": now.isoformat(),
            "expires_at": (now + timedelta(hours=24)).isoformat(),
            "url": f"{request.url.replace(query='')}/{identity}/results",
        }
        self._documents.put(_BATCH, identity, stored)
        return JSONResponse(self._view(stored))

    async def list(self, request: Request, account: str) -> Response:
        """All batches of the account, newest first."""
        del request
        mine = [self._view(b) for b in reversed(self._documents.list(_BATCH)) if b["account"] == account]
        ends = {"first_id": mine[0]["id"], "last_id": mine[-1]["id"]} if mine else {"first_id": None, "last_id": None}
        return JSONResponse({"data": mine, "has_more": False, **ends})

    async def show(self, request: Request, account: str) -> Response:
        """The batch; it is worked off when it is first asked about."""
        batch = self._mine(request, account)
        if batch.get("ended_at") is None:
            batch = await run_in_threadpool(self._work_off, batch, account)
        return JSONResponse(self._view(batch))

    async def cancel(self, request: Request, account: str) -> Response:
        """Stop a batch that was not worked off."""
        batch = self._mine(request, account)
        if batch.get("ended_at") is not None:
            raise invalid(f"Batch {batch['id']} has already ended")
        results = {Record.of(entry).text("custom_id"): {"type": "canceled"} for entry in _entries(batch)}
        now = datetime.now(UTC).isoformat()
        return JSONResponse(self._view(self._finish({**batch, "cancel_initiated_at": now}, results)))

    async def delete(self, request: Request, account: str) -> Response:
        """Remove an ended batch."""
        batch = self._mine(request, account)
        if batch.get("ended_at") is None:
            raise invalid("A batch must have ended before it can be deleted")
        self._documents.delete(_BATCH, str(batch["id"]))
        return JSONResponse({"id": batch["id"], "type": "message_batch_deleted"})

    async def results(self, request: Request, account: str) -> Response:
        """JSON lines, unordered: custom_id carries identity."""
        batch = self._mine(request, account)
        stored = self._documents.get(_RESULTS, str(batch["id"]))
        if stored is None:
            raise ApiError(404, "The batch has no results yet")
        lines = [
            json.dumps({"custom_id": name, "result": stored[name]}, ensure_ascii=False)
            for name in sorted(stored, reverse=True)
        ]
        return Response("\n".join(lines) + "\n", media_type="application/x-jsonl")

    def _mine(self, request: Request, account: str) -> dict[str, object]:
        batch = self._documents.get(_BATCH, str(request.path_params["id"]))
        if batch is None or batch["account"] != account:
            raise ApiError(404, f"Message batch {request.path_params['id']} not found")
        return batch

    def _work_off(self, batch: dict[str, object], account: str) -> dict[str, object]:
        results: dict[str, object] = {}
        with self._world.lock:
            known = self._documents.get(_BATCH, str(batch["id"]))
            if known is not None and known.get("ended_at") is not None:
                return known
            for entry in _entries(batch):
                record = Record.of(entry)
                name = record.text("custom_id")
                try:
                    answer = self._answer(account, record.values.get("params"), f"{batch['id']}/{name}")
                    results[name] = {"type": "succeeded", "message": answer}
                except ApiError as error:
                    results[name] = {"type": "errored", "error": error.body("")}
            return self._finish(batch, results)

    def _finish(self, batch: dict[str, object], results: Mapping[str, object]) -> dict[str, object]:
        ended = {**batch, "ended_at": datetime.now(UTC).isoformat(), "requests": _names(batch)}
        with self._world.lock:
            self._documents.put(_RESULTS, str(batch["id"]), dict(results))
            self._documents.put(_BATCH, str(batch["id"]), ended)
        return ended

    def _view(self, batch: Mapping[str, object]) -> dict[str, object]:
        ended = batch.get("ended_at")
        results = self._documents.get(_RESULTS, str(batch["id"])) if ended else None
        kinds = [Record.of(result).text("type") for result in (results or {}).values()]
        counts = {kind: kinds.count(kind) for kind in ("succeeded", "errored", "canceled", "expired")}
        counts["processing"] = 0 if ended else len(_entries(batch))
        return {
            "id": batch["id"],
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts,
            "created_at": batch["created_at"],
            "expires_at": batch["expires_at"],
            "ended_at": ended,
            "archived_at": None,
            "cancel_initiated_at": batch.get("cancel_initiated_at"),
            "results_url": batch["url"] if ended else None,
        }


def _entries(batch: Mapping[str, object]) -> list[object]:
    entries = batch.get("requests")
    return list(entries) if isinstance(entries, list) else []


def _names(batch: Mapping[str, object]) -> list[object]:
    """An ended batch keeps who was in it, not the prompts."""
    return [{"custom_id": Record.of(entry).text("custom_id")} for entry in _entries(batch)]
