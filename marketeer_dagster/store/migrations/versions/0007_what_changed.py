"""Which rows changed, and when: what is copied elsewhere is copied again, and nothing else

Revision: 0007, after 0006. The triggers that fill the table are installed after each migration (see watching.py):
a migration that makes a table anew would drop them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = "order of the change: a counter on SQLite, the transaction's id on PostgreSQL"
    op.create_table(
        "changes",
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("row_key", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment=number),
        sa.PrimaryKeyConstraint("relation", "row_key", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_number"), "changes", ["number"])


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        found = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'note_change_%'"
        for name in connection.execute(sa.text(found)).scalars().all():
            op.execute(f"DROP TRIGGER {name}")
    else:
        found = "SELECT proname FROM pg_proc WHERE proname LIKE 'note_change_%'"
        for name in connection.execute(sa.text(found)).scalars().all():
            op.execute(f"DROP FUNCTION {name} CASCADE")
    op.drop_index(op.f("ix_changes_number"), table_name="changes")
    op.drop_table("changes")
