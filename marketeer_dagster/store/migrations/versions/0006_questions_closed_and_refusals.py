"""Questions that nobody answered are closed, not rejected; what a person refused for good says by whom

Revision: 0006, after 0005.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MACHINES = ("outbox",)
"""Who wrote `rejected` where nobody had decided anything."""


def upgrade() -> None:
    connection = op.get_bind()
    approvals = sa.table("approvals", sa.column("seq"), sa.column("subject"), sa.column("state"), sa.column("body"))
    publications = sa.table("publications", sa.column("id"), sa.column("state"), sa.column("body"))
    refused: dict[str, str] = {}
    rejected = connection.execute(sa.select(approvals).where(approvals.c.state == "rejected")).all()
    for row in rejected:
        body = json.loads(row.body)
        if body.get("decided_by") in MACHINES:
            body["state"] = "closed"
            statement = sa.update(approvals).where(approvals.c.seq == row.seq)
            connection.execute(statement.values(state="closed", body=json.dumps(body)))
        elif row.subject.startswith("pub_"):
            refused[row.subject] = body.get("decided_by", "")
    for row in connection.execute(sa.select(publications).where(publications.c.state == "rejected")).all():
        if refused.get(row.id):
            body = json.loads(row.body) | {"refused_by": refused[row.id]}
            statement = sa.update(publications).where(publications.c.id == row.id)
            connection.execute(statement.values(body=json.dumps(body)))


def downgrade() -> None:
    connection = op.get_bind()
    approvals = sa.table("approvals", sa.column("seq"), sa.column("state"), sa.column("body"))
    for row in connection.execute(sa.select(approvals).where(approvals.c.state == "closed")).all():
        body = json.loads(row.body) | {"state": "rejected", "decided_by": "outbox"}
        statement = sa.update(approvals).where(approvals.c.seq == row.seq)
        connection.execute(statement.values(state="rejected", body=json.dumps(body)))
