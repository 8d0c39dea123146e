"""A table for what artefacts were written from, which used to be kept among the outputs of steps

Revision: 0003, after 0002.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SOURCES = sa.table(
    "artefact_sources", sa.column("artefact"), sa.column("tenant"), sa.column("version"), sa.column("body")
)
_KEPT = sa.text(
    "SELECT s.run_id, s.name, s.body, a.tenant FROM step_outputs s"
    " JOIN artefacts a ON a.id = s.run_id AND CAST(a.version AS VARCHAR) = s.name WHERE s.step_key = 'sources'"
)


def upgrade() -> None:
    op.create_table(
        "artefact_sources",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("artefact", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_artefact_sources_tenant")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_artefact_sources")),
        sa.UniqueConstraint("artefact", "version", name=op.f("uq_artefact_sources_artefact_version")),
    )
    connection = op.get_bind()
    for artefact, version, body, tenant in connection.execute(_KEPT).fetchall():
        key = {"artefact": artefact, "tenant": tenant, "version": int(version)}
        moved = json.dumps({**json.loads(body), **key}, ensure_ascii=False)
        connection.execute(sa.insert(_SOURCES).values(**key, body=moved))
    connection.execute(sa.text("DELETE FROM step_outputs WHERE step_key = 'sources'"))


def downgrade() -> None:
    op.drop_table("artefact_sources")
