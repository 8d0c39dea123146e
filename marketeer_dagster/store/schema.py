"""The operational store's tables.

Each keeps a whole value of the vocabulary as JSON in `body`, beside the columns it is asked by. `body` is the truth;
the columns are copies, written by the same statement (see records.py). `seq` orders rows by arrival, because
a simulated clock may stand still for many of them. `processes` and `claims` have no body: they say who is at work, by
the real clock. `changes` is written by the database itself, see watching.py.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy import UniqueConstraint as Unique

from marketeer_dagster.store.columns import SEQUENCE, Usd, UtcDateTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _seq() -> Column[int]:
    return Column("seq", SEQUENCE, primary_key=True, autoincrement=True)


def _tenant() -> Column[str]:
    return Column("tenant", String, ForeignKey("tenants.id"), nullable=False)


def _name(name: str, *, nullable: bool = False, unique: bool = False) -> Column[str]:
    # No lengths: the vocabulary bounds its fields, and PostgreSQL would refuse what SQLite accepts.
    return Column(name, String, nullable=nullable, unique=unique or None)


def _moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=nullable)


def _body() -> Column[str]:
    return Column("body", Text, nullable=False)


tenants = Table("tenants", metadata, _seq(), _name("id", unique=True), _moment("created_at"), _body())

contexts = Table(
    "contexts", metadata, _seq(), _tenant(), Column("version", Integer, nullable=False), _name("hash"),
    _moment("created_at"), _body(), Unique("tenant", "version"),
)  # fmt: skip

goals = Table("goals", metadata, _seq(), _name("id", unique=True), _tenant(), _moment("created_at"), _body(),
              Index(None, "tenant"))  # fmt: skip

campaigns = Table(
    "campaigns", metadata, _seq(), _name("key", unique=True), _tenant(), _name("status"),
    _name("goal", nullable=True), _name("signal", nullable=True), _moment("created_at"),
    _moment("updated_at"), _body(), Index(None, "tenant", "status"), Index(None, "signal"),
)  # fmt: skip

briefs = Table(
    "briefs", metadata, _seq(), _name("id", unique=True), _tenant(), _name("campaign"), _name("skill"),
    Column("position", Integer, comment="place in the campaign's plan; null when a later plan left it out"),
    _moment("created_at"), _body(), Index(None, "campaign"),
)  # fmt: skip

artefacts = Table(
    "artefacts", metadata, _seq(), _name("id"), Column("version", Integer, nullable=False), _tenant(),
    _name("campaign"), _name("brief"), _name("skill"), _name("kind"), _name("status"),
    _name("content_hash"), Column("is_head", Boolean, nullable=False), _moment("created_at"), _body(),
    Unique("id", "version"), Unique("campaign", "skill", "version"), Unique("campaign", "skill", "content_hash"),
    Index("ix_artefacts_one_head", "id", unique=True, sqlite_where=text("is_head"), postgresql_where=text("is_head")),
    Index(None, "tenant", "skill", "status"),
)  # fmt: skip

artefact_sources = Table(
    "artefact_sources", metadata, _seq(), _tenant(), _name("artefact"), Column("version", Integer, nullable=False),
    _body(), Unique("artefact", "version"),
)  # fmt: skip

reviews = Table(
    "reviews", metadata, _seq(), _name("id", unique=True), _tenant(), _name("campaign"), _name("artefact"),
    Column("version", Integer, nullable=False), _name("reviewer"), _name("verdict"), _moment("created_at"), _body(),
    Index(None, "campaign"), Index(None, "artefact", "version"),
)  # fmt: skip

approvals = Table(
    "approvals", metadata, _seq(), _name("id", unique=True), _tenant(), _name("campaign"), _name("subject"),
    _name("reason"), _name("state"), _moment("created_at"), _body(),
    Index(None, "tenant", "state"), Index(None, "subject"), Index(None, "campaign"),
)  # fmt: skip

publications = Table(
    "publications", metadata, _seq(), _name("id", unique=True), _tenant(), _name("campaign"), _name("artefact"),
    Column("version", Integer, nullable=False), _name("tool"), _name("kind"), _name("target"),
    _name("idempotency_key"), _name("state"), _moment("created_at"), _moment("updated_at"), _body(),
    Unique("tenant", "idempotency_key"), Index(None, "tenant", "state"), Index(None, "campaign"),
)  # fmt: skip

signals = Table(
    "signals", metadata, _seq(), _name("id", unique=True), _tenant(), _name("name"), _name("subject"),
    _name("campaign", nullable=True), _moment("created_at"), _moment("measured_at", nullable=True), _body(),
    Index(None, "tenant", "name", "subject", "created_at"),
)  # fmt: skip

experiments = Table(
    "experiments", metadata, _seq(), _name("id", unique=True), _tenant(), _name("campaign"), _name("subject"),
    _name("state"), _moment("created_at"), _body(), Index(None, "tenant", "state"),
)  # fmt: skip

learnings = Table(
    "learnings", metadata, _seq(), _name("id", unique=True), _tenant(), _name("skill"), _name("state"),
    Column("expires_on", Date, nullable=False), _moment("created_at"), _body(), Index(None, "tenant", "skill", "state"),
)  # fmt: skip

connections = Table(
    "connections", metadata, _seq(), _tenant(), _name("tool"), _body(),
    Column("secrets", Text, comment="Fernet token of a JSON object; null when the connection has no secrets"),
    Unique("tenant", "tool"),
)  # fmt: skip

step_outputs = Table(
    "step_outputs", metadata, _seq(), _name("run_id"), _name("step_key"), _name("name"), _name("partition"),
    _body(), Unique("run_id", "step_key", "name", "partition"),
)  # fmt: skip

period_reviews = Table(
    "period_reviews", metadata, _seq(), _name("id", unique=True), _tenant(), _name("period"),
    Column("last", Date, nullable=False, comment="the period's last day"),
    Column("run_id", String, nullable=False, comment="the run that wrote it; its check and its goals read this row"),
    _moment("created_at"), _body(), Index(None, "run_id"), Index(None, "tenant", "period", "last"),
)  # fmt: skip

llm_calls = Table(
    "llm_calls", metadata, _seq(), _name("id", unique=True), _tenant(), _name("campaign"), _name("purpose"),
    _name("run_id"), _name("model"), _name("fingerprint"), _name("month"),
    Column("priority", Integer, nullable=False), _name("state"), Column("reserved_usd", Usd, nullable=False),
    Column("cost_usd", Usd, nullable=False), Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False), Column("cache_read_tokens", Integer, nullable=False),
    Column("cache_write_tokens", Integer, nullable=False), Column("calls", Integer, nullable=False),
    _name("stop_reason"), _name("request_id"), Column("latency_s", Float), Column("error", Text, nullable=False),
    Column("answer", Text, comment="the answer's JSON as received; null until settled"),
    _moment("reserved_at"), _moment("finished_at", nullable=True),
    Column("owner", String, nullable=False, comment="the process that reserved it, see owners.py"),
    Column("attempt", Integer, nullable=False, comment="of one fingerprint; a failed one begins the next"),
    _moment("sent_at", nullable=True),
    Column("rejected_by", String, comment="run that judged its asking failed, empty outside of runs; null otherwise"),
    Index(None, "tenant", "month", "state"), Index(None, "tenant", "fingerprint"), Index(None, "campaign"),
    Index(None, "run_id"),
)  # fmt: skip

processes = Table("processes", metadata, _seq(), _name("id", unique=True), _moment("seen_at"))

claims = Table(
    "claims", metadata, _seq(), _name("id", unique=True), _name("owner"), _moment("taken_at"),
    _moment("expires_at", nullable=True),
)  # fmt: skip

changes = Table(
    "changes", metadata, Column("relation", String, primary_key=True), Column("row_key", String, primary_key=True),
    Column("number", BigInteger, nullable=False,
           comment="order of the change: a counter on SQLite, the transaction's id on PostgreSQL"),
    Index(None, "number"),
)  # fmt: skip
