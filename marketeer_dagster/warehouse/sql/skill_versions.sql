-- Which text of a skill made what, and which text is in force: one row per skill and fingerprint of its folder.
-- tenant: Tenant's id.
-- skill: Skill's name.
-- skill_hash: Fingerprint of the skill's folder.
-- is_current: Whether it is the text in force; the others' artefacts are from an older one.
-- artefacts: Artefacts with a version made by it (count).
-- versions: Versions made by it (count).
-- heads: Of these, versions that are their artefact's head (count).
-- live: Of these versions, those in a publication that is public now (count).
-- first_made_at: When the first of these versions was written (UTC); null without one.
-- last_made_at: When the newest of these versions was written (UTC); null without one.
-- simulated: True for figures of the sandbox's market.
WITH public AS (
    SELECT DISTINCT tenant, artefact, version FROM publications WHERE state = 'published'
),
made AS (
    SELECT a.tenant, a.skill, a.skill_hash, count(DISTINCT a.artefact) AS artefacts, count(*) AS versions,
        count(*) FILTER (a.is_head) AS heads, count(p.artefact) AS live,
        min(a.created_at) AS first_made_at, max(a.created_at) AS last_made_at, bool_or(a.simulated) AS simulated
    FROM artefacts AS a
    LEFT JOIN public AS p USING (tenant, artefact, version)
    GROUP BY a.tenant, a.skill, a.skill_hash
)
SELECT
    tenant,
    skill,
    skill_hash,
    s.skill_hash IS NOT NULL AS is_current,
    coalesce(m.artefacts, 0) AS artefacts,
    coalesce(m.versions, 0) AS versions,
    coalesce(m.heads, 0) AS heads,
    coalesce(m.live, 0) AS live,
    m.first_made_at,
    m.last_made_at,
    coalesce(m.simulated, s.simulated) AS simulated
FROM made AS m
FULL JOIN skills AS s USING (tenant, skill, skill_hash)
ORDER BY tenant, skill, is_current DESC, last_made_at DESC
