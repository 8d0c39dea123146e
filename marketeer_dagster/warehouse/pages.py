"""Page identity in SQL: `marketeer_dagster.model.pages.page_of`, step by step, as a macro of the warehouse.

Kept to functions that DuckDB has in its core: the snapshot is read without extensions.
"""

from typing import Final

_CUT: Final = r"regexp_extract(a, '(?s)^([^?#]*)', 1)"
_QUERY: Final = r"regexp_extract(a, '(?s)^[^?#]*\?([^#]*)', 1)"
_ABSOLUTE: Final = "(?s)^[a-zA-Z][a-zA-Z0-9+.-]*://([^/]*)(.*)$"


def _host(text: str) -> str:
    named = rf"regexp_replace({text}, '(?s)^.*@', '')"
    lower = f"translate({named}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
    tail = rf"regexp_replace({lower}, '(\.|:(80|443)?)+$', '')"
    return rf"regexp_replace({tail}, '^(www\.)+', '')"


def _path(text: str) -> str:
    marked = (
        f"replace(replace(regexp_replace(replace({text}, chr(1), ''), '%([0-9a-fA-F]{{2}})', chr(1) || '\\1', 'g'), "
        "'%', '%25'), chr(1), '%')"
    )
    guarded = marked
    for escape, spelt in (("%25", "%2525"), ("%2f", "%252F"), ("%3f", "%253F"), ("%23", "%2523")):
        guarded = f"regexp_replace({guarded}, '{escape}', '{spelt}', 'gi')"
    guarded = rf"regexp_replace({guarded}, '%([01][0-9a-fA-F]|7[fF])', '%25\1', 'g')"
    decoded = f"coalesce(try(url_decode({guarded})), {marked})"
    single = f"regexp_replace('/' || {decoded}, '/+', '/', 'g')"
    return rf"regexp_replace({single}, '(/(index\.(html?|php))?)+$', '', 'i')"


_SPELT: Final = f"""
    SELECT *, regexp_matches(spelt, '{_ABSOLUTE}') AS absolute
    FROM (SELECT {_CUT} AS spelt, {_QUERY} AS query, regexp_extract(s, '(?s)^([^?#]*)', 1) AS root
          FROM (SELECT coalesce(address, '') AS a, coalesce(site, '') AS s))"""
PAGE_OF: Final = f"""
CREATE OR REPLACE MACRO page_of(address, site) AS (
    SELECT CASE
        WHEN starts_with(spelt, '(') AND ends_with(spelt, ')') THEN spelt
        WHEN (site IS NULL OR host IN ('', own))
            AND (folder = '' OR page = folder OR starts_with(page, folder || '/')) THEN
            coalesce(nullif(substr(page, length(folder) + 1), ''), '/' || permalink)
        ELSE 'https://' || coalesce(nullif(host, ''), own) || coalesce(nullif(page, ''), '/' || permalink) END
    FROM (
        SELECT *, {_path("path")} AS page, {_path("folder_path")} AS folder,
            coalesce('?' || nullif(regexp_extract(query, '(?:^|&)((?:p|page_id)=[0-9]+)(?:&|$)', 1), ''), '')
                AS permalink
        FROM (
            SELECT *,
                CASE WHEN absolute THEN {_host(f"regexp_extract(spelt, '{_ABSOLUTE}', 1)")}
                     WHEN leads THEN own ELSE '' END AS host,
                CASE WHEN absolute THEN regexp_extract(spelt, '{_ABSOLUTE}', 2)
                     WHEN leads THEN regexp_extract(spelt, '(?s)^[^/]*(.*)$', 1) ELSE spelt END AS path
            FROM (
                SELECT *, own <> '' AND NOT starts_with(spelt, '/')
                    AND {_host("split_part(spelt, '/', 1)")} = own AS leads
                FROM (
                    SELECT *, {_host(f"regexp_extract(root, '{_ABSOLUTE}', 1)")} AS own,
                        regexp_extract(root, '{_ABSOLUTE}', 2) AS folder_path
                    FROM ({_SPELT})
                )
            )
        )
    )
)
"""
"""Makes the macro `page_of(address, site)`; `site` is the root of the tenant's site, null where it is not known."""
PUBLISHED_PAGE: Final = """
CREATE OR REPLACE MACRO published_page(kind, url, target, site) AS (
    CASE WHEN kind LIKE 'email%' THEN NULL
         WHEN url <> '' AND site IS NOT NULL AND starts_with(page_of(url, site), '/') THEN page_of(url, site)
         ELSE page_of(target, '') END
)
"""
"""Makes the macro for the page that a publication is; null for emails.

Where it can be seen says which page it is, also when the content system lives in a folder of the site. An address on
another host (the sandbox's) does not, and then the path that it was meant for does.
"""
MACROS: Final = (PAGE_OF, PUBLISHED_PAGE)


def with_pages(table: str, spelt: str) -> str:
    """A FROM item: the rows of `table` with `own_page`, the identity of the page that column `spelt` holds.

    Each spelling is read once, however many rows it stands in.
    """
    return f"""(
    SELECT facts.*, known.own_page FROM {table} AS facts JOIN (
        SELECT tenant, {spelt}, page_of({spelt}, coalesce(tenants.site, tenants.website)) AS own_page
        FROM (SELECT DISTINCT tenant, {spelt} FROM {table}) LEFT JOIN tenants USING (tenant)
    ) AS known USING (tenant, {spelt}))"""
