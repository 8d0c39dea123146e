"""A table for the Director's reviews, which used to be kept among the outputs of steps under the tenant's name

Revision: 0005, after 0003.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STEP = "director_review"
_REVIEWS = sa.table(
    "period_reviews",
    *(sa.column(name) for name in ("id", "tenant", "period", "last", "run_id", "created_at", "body")),
)
# Kept twice: under the review's own id, and as the newest of its tenant.
_KEPT = sa.text(f"SELECT body FROM step_outputs WHERE step_key = '{_STEP}' AND run_id LIKE 'dir%' ORDER BY seq")


def upgrade() -> None:
    op.create_table(
        "period_reviews",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False, comment="the period's last day"),
        sa.Column(
            "run_id", sa.String(), nullable=False, comment="the run that wrote it; its check and its goals read this row"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_period_reviews_tenant")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_period_reviews")),
        sa.UniqueConstraint("id", name=op.f("uq_period_reviews_id")),
    )
    op.create_index(op.f("ix_period_reviews_run_id"), "period_reviews", ["run_id"])
    op.create_index(op.f("ix_period_reviews_tenant_period_last"), "period_reviews", ["tenant", "period", "last"])
    connection = op.get_bind()
    for (body,) in connection.execute(_KEPT).fetchall():
        review = json.loads(body)
        row = {name: review[name] for name in ("id", "tenant", "period", "last", "created_at")}
        kept = json.dumps({**review, "run_id": ""}, ensure_ascii=False)
        insert = sa.text(
            "INSERT INTO period_reviews (id, tenant, period, last, run_id, created_at, body)"
            " VALUES (:id, :tenant, :period, :last, '', :created_at, :body)"
        )
        connection.execute(insert, {**row, "body": kept})
    connection.execute(sa.text(f"DELETE FROM step_outputs WHERE step_key = '{_STEP}'"))


def downgrade() -> None:
    op.drop_table("period_reviews")
