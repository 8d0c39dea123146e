"""A wrong skill folder is refused with the file, the line, the key and what was expected."""

from collections.abc import Callable

import pytest

from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.errors import ConfigError
from tests.catalog.conftest import CatalogCopy, said

Refused = Callable[[], str]
COPY = "skills/copywriting/SKILL.md"


@pytest.mark.parametrize(
    ("old", "new", "problem", "expected"),
    [
        ("---\nname", "name", "does not begin with frontmatter", "a line `---`"),
        ("license: Apache-2.0\n---", "license: Apache-2.0", "frontmatter is not closed", "a second line"),
        ("name: copywriting\n", "", "missing", "`name: copywriting`"),
        ("name: copywriting\n", "name: Copy_Writing\n", "is not a skill name", "single hyphens"),
        ("name: copywriting\n", "name: copy--writing\n", "is not a skill name", "single hyphens"),
        ("name: copywriting\n", f"name: {'a' * 65}\n", "is not a skill name", "1-64"),
        ("name: copywriting\n", "name: copy-writing\n", "differs from its folder 'copywriting'", "the folder's name"),
        ("description: >-", f"description: {'x' * 1025}\ncompatibility: >-", "1025 characters", "1-1024"),
        ("description: >-", 'description: ""\ncompatibility: >-', "missing", "what it does and when to use it"),
        ("description: >-\n", "description: >-\n  <b>\n", "angle bracket", "without < and >"),
        ("license: Apache-2.0", "licence: Apache-2.0", "unknown key 'licence'", "did you mean license?"),
        ("license: Apache-2.0", "version: 1", "unknown key 'version'", "one of name, description, license"),
        ("license: Apache-2.0", "metadata: {version: 1}", "1 is not text", "put numbers in quotes"),
        ("license: Apache-2.0", f"compatibility: {'x' * 501}", "too long", "at most 500"),
        ("license: Apache-2.0", "license: [", "is not YAML", "valid YAML"),
    ],
)
def test_a_broken_skill_md_is_refused(
    copy: CatalogCopy, refused: Refused, old: str, new: str, problem: str, expected: str
):
    copy.replace(COPY, old, new)
    said(refused(), str(copy.path(COPY)), " line ", problem, expected)


def test_a_frontmatter_error_names_the_line_in_the_file(copy: CatalogCopy, refused: Refused):
    line = copy.replace(COPY, "license: Apache-2.0", "licence: Apache-2.0")
    said(refused(), f"SKILL.md line {line}, licence")


def test_a_missing_skill_md_or_skill_yaml_is_refused(copy: CatalogCopy):
    copy.path(COPY).unlink()
    with pytest.raises(
        ConfigError, match=r"copywriting/SKILL\.md: missing; expected a file in the Agent Skills format"
    ):
        Catalog.load(copy.root)
    copy.path("skills/ab-test-setup/skill.yaml").unlink()
    with pytest.raises(ConfigError, match=r"ab-test-setup/skill\.yaml: cannot be read"):
        Catalog.load(copy.root)


@pytest.mark.parametrize(
    ("body", "problem"), [("line\n" * 500, "500 lines"), ("words " * 4000, "tokens"), ("", "is empty")]
)
def test_a_body_outside_the_limits_is_refused(copy: CatalogCopy, refused: Refused, body: str, problem: str):
    copy.path(COPY).write_text(f"---\nname: copywriting\ndescription: Writes.\n---\n{body}", encoding="utf-8")
    said(refused(), "SKILL.md line 5, body", problem)


def test_a_body_just_inside_the_limits_loads(copy: CatalogCopy):
    copy.path(COPY).write_text("---\nname: copywriting\ndescription: Writes.\n---\n" + "line\n" * 499, encoding="utf-8")
    assert len(Catalog.load(copy.root).skill("copywriting").body.splitlines()) == 499


def test_a_link_to_a_missing_reference_is_refused_with_its_line(copy: CatalogCopy, refused: Refused):
    line = copy.replace(COPY, "references/headlines.md)", "references/headline.md)")
    said(refused(), f"line {line}", "references/headline.md, which does not exist", "did you mean headlines.md?")


def test_references_are_one_level_deep(copy: CatalogCopy, refused: Refused):
    copy.path("skills/copywriting/references/deep").mkdir()
    said(refused(), "references/deep", "is a folder", "one level deep")


@pytest.mark.parametrize(
    ("old", "new", "key", "problem", "expected"),
    [
        ("squad: creative", "squad: creativ", "squad", "unknown squad 'creativ'", "did you mean creative?"),
        (
            "artefact: page_copy",
            "artefact: page_coppy",
            "artefact",
            "unknown artefact kind 'page_coppy'",
            "did you mean page_copy?",
        ),
        ("page-cro]\nmetrics", "page-crow]\nmetrics", "reads.2", "unknown skill 'page-crow'", "did you mean page-cro?"),
        ("[page_performance,", "[page_perf,", "metrics.0", "unknown metric table 'page_perf'", "page_performance"),
        (
            "[page_performance,",
            "[artefact_performance,",
            "metrics.0",
            "made from the skills' own work",
            "as a learning",
        ),
        (
            "reviewers: [copy-editing,",
            "reviewers: [copy-edit,",
            "reviewers.0",
            "unknown skill 'copy-edit'",
            "copy-editing",
        ),
        (
            "reviewers: [copy-editing,",
            "reviewers: [director,",
            "reviewers.0",
            "'director' is not listed",
            "always comes last",
        ),
        ("reviewers: [copy-editing,", "reviewers: [copywriting,", "reviewers.0", "names itself", "another skill"),
        ("reviewers: [copy-editing,", "reviewers: [page-cro,", "reviewers.1", "listed twice", "each name once"),
        ("tools: [web]", "tools: [webb]", "tools.0", "unknown tool 'webb'", "did you mean web?"),
        ("[wordpress]", "[search_console]", "publishes_to.0", "unknown publisher 'search_console'", "wordpress"),
        ("model_tier: execution", "model_tier: cheap", "model_tier", "'cheap'", "'strategy', 'execution' or 'judge'"),
        ("priority: P1", "priority: high", "priority", "'high' is not a priority", "P0, P1, P2 or P3"),
        ("priority: P1", "prioritty: P1", "priority", "missing", "a value for `priority`"),
        ("aliases: [copy]", "aliases: [cro]", "aliases.0", "'cro' is already an alias of", "a name used once"),
        (
            "aliases: [copy]",
            "aliases: [page-cro]",
            "aliases.0",
            "'page-cro' is already the name of a skill",
            "used once",
        ),
        ("aliases: [copy]", "aliases: [copy]\nsqad: x", "sqad", "unknown key 'sqad'", "did you mean squad?"),
        ("aliases: [copy]", "aliases: [copy]\ntools: []", "", "key 'tools' appears twice", "only the one on line"),
        (
            "aliases: [copy]",
            "aliases: [copy]\nrubric: {clarity: {weight: 0.5}}",
            "rubric",
            "weights sum to 1.25",
            "a sum of 1",
        ),
        (
            "aliases: [copy]",
            "aliases: [copy]\nrubric: {clarty: {weight: 0.5}}",
            "rubric.clarty",
            "no dimension",
            "did you mean clarity?",
        ),
        (
            "aliases: [copy]",
            "aliases: [copy]\nrubric: {clarity: {minimum: 11}}",
            "rubric.clarity.minimum",
            "11",
            "less than or equal to 10",
        ),
    ],
)
def test_a_broken_skill_yaml_is_refused(
    copy: CatalogCopy, refused: Refused, old: str, new: str, key: str, problem: str, expected: str
):
    copy.replace("skills/copywriting/skill.yaml", old, new)
    said(refused(), "skill.yaml line ", key, problem, expected)


def test_skills_that_read_one_another_are_shown_as_a_path(copy: CatalogCopy, refused: Refused):
    copy.set("page-cro", reads=["product-marketing-context", "ab-test-setup"])
    copy.set("ab-test-setup", reads=["copywriting"])
    message = refused()
    said(message, "skill.yaml line ", "reads", "read one another in a circle", "expected an acyclic graph")
    path = message.split("in a circle: ")[1].split(";")[0].split(" -> ")
    assert path[0] == path[-1]
    assert set(path) == {"page-cro", "ab-test-setup", "copywriting"}
