-- How good the finished work was, by day and skill.
-- tenant: Tenant's id.
-- date: Day the version was written (UTC).
-- skill: Skill that made it.
-- artefacts: Finished artefacts: those with a head version of that day (count).
-- approved: Of these, approved (count).
-- escalated: Of these, left to a person (count).
-- mean_score: Mean weighted rubric score, 0-10; null when none was given.
-- lowest_score: Lowest weighted rubric score, 0-10; null when none was given.
-- mean_revisions: Revisions per artefact (count).
-- approval_rate: approved / artefacts (share).
-- cost_usd: Claude cost of these artefacts in all their versions, reviews included (USD).
-- simulated: True for figures of the sandbox's market.
SELECT
    tenant,
    created_at::DATE AS date,
    skill,
    count(*) AS artefacts,
    count(*) FILTER (status = 'approved') AS approved,
    count(*) FILTER (status = 'escalated') AS escalated,
    avg(score) AS mean_score,
    min(score) AS lowest_score,
    avg(revisions) AS mean_revisions,
    count(*) FILTER (status = 'approved') / count(*) AS approval_rate,
    sum(cost_usd)::DECIMAL(18, 9) AS cost_usd,
    bool_or(simulated) AS simulated
FROM artefact_heads
GROUP BY tenant, created_at::DATE, skill
ORDER BY tenant, date, skill
