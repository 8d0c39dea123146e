"""Claude calls: the attempt, when the request went out, and which run judged an answer bad

Revision: 0006, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Answers of before stay as they are: whether they were judged bad was not kept.
    counts = "of one fingerprint; a failed one begins the next"
    op.add_column("llm_calls", sa.Column("attempt", sa.Integer(), nullable=False, server_default="1", comment=counts))
    op.add_column("llm_calls", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    who = "run that judged its asking failed, empty outside of runs; null otherwise"
    op.add_column("llm_calls", sa.Column("rejected_by", sa.String(), nullable=True, comment=who))


def downgrade() -> None:
    for column in ("rejected_by", "sent_at", "attempt"):
        op.drop_column("llm_calls", column)
