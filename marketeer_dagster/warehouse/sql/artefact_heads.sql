-- Artefacts as they stand, one row each: the version that the last finished round of work chose, with what all versions
-- cost. Without a finished round there is no row; artefacts has every version.
-- tenant: Tenant's id.
-- artefact: Artefact's id.
-- campaign: Campaign's key.
-- skill: Skill that made it.
-- kind: Type of content, for instance page_copy.
-- title: Title.
-- version: Version chosen.
-- versions: Versions written (count).
-- status: approved, escalated or rejected.
-- score: Weighted rubric score of that version, 0-10; null when none was given.
-- verdict: APPROVE, REVISE, REJECT or NONE.
-- revisions: Revisions made on the way (count).
-- cost_usd: Claude cost of the artefact in all its versions, reviews included (USD).
-- created_at: When the version was recorded (UTC).
-- simulated: True for figures of the sandbox's market.
WITH whole AS (
    SELECT tenant, artefact, count(*) AS versions, sum(cost_usd)::DECIMAL(18, 9) AS cost_usd
    FROM artefacts GROUP BY tenant, artefact
)
SELECT
    a.tenant,
    a.artefact,
    a.campaign,
    a.skill,
    a.kind,
    a.title,
    a.version,
    w.versions,
    a.status,
    a.score,
    a.verdict,
    a.revisions,
    w.cost_usd,
    a.created_at,
    a.simulated
FROM artefacts AS a
JOIN whole AS w USING (tenant, artefact)
WHERE a.is_head
ORDER BY a.tenant, a.created_at, a.artefact
