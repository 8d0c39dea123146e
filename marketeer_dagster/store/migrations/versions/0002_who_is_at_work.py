"""Who is at work: owners of reservations, heartbeats of processes, claims

Revision: 0002, after 0001.
"""

from alembic import op
import sqlalchemy as sa


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def _seq():
    return sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False)


def upgrade() -> None:
    # Reservations of before have no owner, which is a dead one: the next equal request takes their place.
    comment = 'the process that reserved it, see owners.py'
    op.add_column('llm_calls', sa.Column('owner', sa.String(), nullable=False, server_default='', comment=comment))
    op.create_table('processes',
    _seq(),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_processes')),
    sa.UniqueConstraint('id', name=op.f('uq_processes_id'))
    )
    op.create_table('claims',
    _seq(),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_claims')),
    sa.UniqueConstraint('id', name=op.f('uq_claims_id'))
    )
