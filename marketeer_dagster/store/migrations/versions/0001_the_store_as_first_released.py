"""The store as first released

Revision: 0001, the first.
"""

from alembic import op
import sqlalchemy as sa


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('step_outputs',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('run_id', sa.String(), nullable=False),
    sa.Column('step_key', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('partition', sa.String(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_step_outputs')),
    sa.UniqueConstraint('run_id', 'step_key', 'name', 'partition', name=op.f('uq_step_outputs_run_id_step_key_name_partition'))
    )
    op.create_table('tenants',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_tenants')),
    sa.UniqueConstraint('id', name=op.f('uq_tenants_id'))
    )
    op.create_table('approvals',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('campaign', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_approvals_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_approvals')),
    sa.UniqueConstraint('id', name=op.f('uq_approvals_id'))
    )
    op.create_index(op.f('ix_approvals_campaign'), 'approvals', ['campaign'], unique=False)
    op.create_index(op.f('ix_approvals_subject'), 'approvals', ['subject'], unique=False)
    op.create_index(op.f('ix_approvals_tenant_state'), 'approvals', ['tenant', 'state'], unique=False)
    op.create_table('artefacts',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('campaign', sa.String(), nullable=False),
    sa.Column('brief', sa.String(), nullable=False),
    sa.Column('skill', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('content_hash', sa.String(), nullable=False),
    sa.Column('is_head', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_artefacts_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_artefacts')),
    sa.UniqueConstraint('campaign', 'skill', 'content_hash', name=op.f('uq_artefacts_campaign_skill_content_hash')),
    sa.UniqueConstraint('campaign', 'skill', 'version', name=op.f('uq_artefacts_campaign_skill_version')),
    sa.UniqueConstraint('id', 'version', name=op.f('uq_artefacts_id_version'))
    )
    op.create_index('ix_artefacts_one_head', 'artefacts', ['id'], unique=True, sqlite_where=sa.text('is_head'), postgresql_where=sa.text('is_head'))
    op.create_index(op.f('ix_artefacts_tenant_skill_status'), 'artefacts', ['tenant', 'skill', 'status'], unique=False)
    op.create_table('briefs',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('campaign', sa.String(), nullable=False),
    sa.Column('skill', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=True, comment="place in the campaign's plan; null when a later plan left it out"),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_briefs_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_briefs')),
    sa.UniqueConstraint('id', name=op.f('uq_briefs_id'))
    )
    op.create_index(op.f('ix_briefs_campaign'), 'briefs', ['campaign'], unique=False)
    op.create_table('campaigns',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('goal', sa.String(), nullable=True),
    sa.Column('signal', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_campaigns_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_campaigns')),
    sa.UniqueConstraint('key', name=op.f('uq_campaigns_key'))
    )
    op.create_index(op.f('ix_campaigns_signal'), 'campaigns', ['signal'], unique=False)
    op.create_index(op.f('ix_campaigns_tenant_status'), 'campaigns', ['tenant', 'status'], unique=False)
    op.create_table('connections',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('tool', sa.String(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('secrets', sa.Text(), nullable=True, comment='Fernet token of a JSON object; null when the connection has no secrets'),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_connections_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_connections')),
    sa.UniqueConstraint('tenant', 'tool', name=op.f('uq_connections_tenant_tool'))
    )
    op.create_table('contexts',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_contexts_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_contexts')),
    sa.UniqueConstraint('tenant', 'version', name=op.f('uq_contexts_tenant_version'))
    )
    op.create_table('experiments',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('campaign', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_experiments_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_experiments')),
    sa.UniqueConstraint('id', name=op.f('uq_experiments_id'))
    )
    op.create_index(op.f('ix_experiments_tenant_state'), 'experiments', ['tenant', 'state'], unique=False)
    op.create_table('goals',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_goals_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_goals')),
    sa.UniqueConstraint('id', name=op.f('uq_goals_id'))
    )
    op.create_index(op.f('ix_goals_tenant'), 'goals', ['tenant'], unique=False)
    op.create_table('learnings',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('skill', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_learnings_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_learnings')),
    sa.UniqueConstraint('id', name=op.f('uq_learnings_id'))
    )
    op.create_index(op.f('ix_learnings_tenant_skill_state'), 'learnings', ['tenant', 'skill', 'state'], unique=False)
    op.create_table('llm_calls',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('campaign', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('run_id', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('fingerprint', sa.String(), nullable=False),
    sa.Column('month', sa.String(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reserved_usd', sa.BigInteger(), nullable=False),
    sa.Column('cost_usd', sa.BigInteger(), nullable=False),
    sa.Column('input_tokens', sa.Integer(), nullable=False),
    sa.Column('output_tokens', sa.Integer(), nullable=False),
    sa.Column('cache_read_tokens', sa.Integer(), nullable=False),
    sa.Column('cache_write_tokens', sa.Integer(), nullable=False),
    sa.Column('calls', sa.Integer(), nullable=False),
    sa.Column('stop_reason', sa.String(), nullable=False),
    sa.Column('request_id', sa.String(), nullable=False),
    sa.Column('latency_s', sa.Float(), nullable=True),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True, comment="the answer's JSON as received; null until settled"),
    sa.Column('reserved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_llm_calls_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_llm_calls')),
    sa.UniqueConstraint('id', name=op.f('uq_llm_calls_id'))
    )
    op.create_index(op.f('ix_llm_calls_campaign'), 'llm_calls', ['campaign'], unique=False)
    op.create_index(op.f('ix_llm_calls_run_id'), 'llm_calls', ['run_id'], unique=False)
    op.create_index(op.f('ix_llm_calls_tenant_fingerprint'), 'llm_calls', ['tenant', 'fingerprint'], unique=False)
    op.create_index(op.f('ix_llm_calls_tenant_month_state'), 'llm_calls', ['tenant', 'month', 'state'], unique=False)
    op.create_table('publications',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('campaign', sa.String(), nullable=False),
    sa.Column('artefact', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('tool', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('target', sa.String(), nullable=False),
    sa.Column('idempotency_key', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_publications_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_publications')),
    sa.UniqueConstraint('id', name=op.f('uq_publications_id')),
    sa.UniqueConstraint('tenant', 'idempotency_key', name=op.f('uq_publications_tenant_idempotency_key'))
    )
    op.create_index(op.f('ix_publications_campaign'), 'publications', ['campaign'], unique=False)
    op.create_index(op.f('ix_publications_tenant_state'), 'publications', ['tenant', 'state'], unique=False)
    op.create_table('reviews',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('campaign', sa.String(), nullable=False),
    sa.Column('artefact', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reviewer', sa.String(), nullable=False),
    sa.Column('verdict', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_reviews_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_reviews')),
    sa.UniqueConstraint('id', name=op.f('uq_reviews_id'))
    )
    op.create_index(op.f('ix_reviews_artefact_version'), 'reviews', ['artefact', 'version'], unique=False)
    op.create_index(op.f('ix_reviews_campaign'), 'reviews', ['campaign'], unique=False)
    op.create_table('signals',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('tenant', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('campaign', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('measured_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tenant'], ['tenants.id'], name=op.f('fk_signals_tenant')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_signals')),
    sa.UniqueConstraint('id', name=op.f('uq_signals_id'))
    )
    op.create_index(op.f('ix_signals_tenant_name_subject_created_at'), 'signals', ['tenant', 'name', 'subject', 'created_at'], unique=False)



def downgrade() -> None:

    op.drop_index(op.f('ix_signals_tenant_name_subject_created_at'), table_name='signals')
    op.drop_table('signals')
    op.drop_index(op.f('ix_reviews_campaign'), table_name='reviews')
    op.drop_index(op.f('ix_reviews_artefact_version'), table_name='reviews')
    op.drop_table('reviews')
    op.drop_index(op.f('ix_publications_tenant_state'), table_name='publications')
    op.drop_index(op.f('ix_publications_campaign'), table_name='publications')
    op.drop_table('publications')
    op.drop_index(op.f('ix_llm_calls_tenant_month_state'), table_name='llm_calls')
    op.drop_index(op.f('ix_llm_calls_tenant_fingerprint'), table_name='llm_calls')
    op.drop_index(op.f('ix_llm_calls_run_id'), table_name='llm_calls')
    op.drop_index(op.f('ix_llm_calls_campaign'), table_name='llm_calls')
    op.drop_table('llm_calls')
    op.drop_index(op.f('ix_learnings_tenant_skill_state'), table_name='learnings')
    op.drop_table('learnings')
    op.drop_index(op.f('ix_goals_tenant'), table_name='goals')
    op.drop_table('goals')
    op.drop_index(op.f('ix_experiments_tenant_state'), table_name='experiments')
    op.drop_table('experiments')
    op.drop_table('contexts')
    op.drop_table('connections')
    op.drop_index(op.f('ix_campaigns_tenant_status'), table_name='campaigns')
    op.drop_index(op.f('ix_campaigns_signal'), table_name='campaigns')
    op.drop_table('campaigns')
    op.drop_index(op.f('ix_briefs_campaign'), table_name='briefs')
    op.drop_table('briefs')
    op.drop_index(op.f('ix_artefacts_tenant_skill_status'), table_name='artefacts')
    op.drop_index('ix_artefacts_one_head', table_name='artefacts', sqlite_where=sa.text('is_head'), postgresql_where=sa.text('is_head'))
    op.drop_table('artefacts')
    op.drop_index(op.f('ix_approvals_tenant_state'), table_name='approvals')
    op.drop_index(op.f('ix_approvals_subject'), table_name='approvals')
    op.drop_index(op.f('ix_approvals_campaign'), table_name='approvals')
    op.drop_table('approvals')
    op.drop_table('tenants')
    op.drop_table('step_outputs')

