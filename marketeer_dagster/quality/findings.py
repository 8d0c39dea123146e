"""Findings of the deterministic rules, cut to the lengths that a review keeps."""

from marketeer_dagster.model.review import Finding, Severity


def blocker(path: str, quote: str, problem: str, suggestion: str) -> Finding:
    """A fault that must not go out. `path` is the text's own, as `content.texts()` names it."""
    return _finding(Severity.BLOCKER, path, quote, problem, suggestion)


def major(path: str, quote: str, problem: str, suggestion: str) -> Finding:
    """A fault that readers notice."""
    return _finding(Severity.MAJOR, path, quote, problem, suggestion)


def minor(path: str, quote: str, problem: str, suggestion: str) -> Finding:
    """A blemish."""
    return _finding(Severity.MINOR, path, quote, problem, suggestion)


def _finding(severity: Severity, path: str, quote: str, problem: str, suggestion: str) -> Finding:
    return Finding(
        dimension="rules",
        severity=severity,
        where=path[:200],
        quote=quote[:600],
        problem=problem[:800],
        suggestion=suggestion[:800],
    )
