"""Tracking plans: the events that answer the campaign's questions, and how to see that they work."""

import re

from marketeer_dagster.sandbox.author.text import cut
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]


def tracking_plan(work: Work) -> Content:
    """Events from the first sight of the page to the action, each with the question it answers."""
    key = _key_event(work)
    label, path = work.action.label, work.place
    page = _parameter("page_path", "Path of the page", work.path)
    experiment = [
        _parameter(
            "experiment_id",
            "The running experiment",
            "id of the experiment",
        ),
        _parameter("experiment_variant", "The variant the visitor saw", "control"),
    ]
    events = [
        _event(
            key,
            f"“{label}” is done and confirmed by the server",
            [page, *experiment, _parameter("method", "How it was done", "form")],
            f"How many visitors of {path} act, by page and variant?",
            key=True,
        ),
        _event(
            "cta_click",
            f"A button “{label}” is clicked",
            [page, _parameter("position", "Where the button stands", "hero"), *experiment],
            "Where do people decide, and how many stop between click and finish?",
        ),
        _event(
            "form_start",
            "The first field of the form gets input",
            [page, *experiment],
            "Does the form cost us people who had decided?",
        ),
        _event(
            "experiment_impression",
            "A variant is shown",
            [page, *experiment],
            "Who was in which variant?",
        ),
        _event(
            "faq_open",
            "A question is opened",
            [page, _parameter("question", "Short name of the question", "price")],
            "Which doubt stands before the decision?",
        ),
    ]
    return {
        "summary": (
            f"Counts every “{label}” on {path} once, traces it to page, source and variant, and shows where "
            "visitors stop on the way."
        ),
        "events": events,
        "utm_rules": [
            "Lower case only, words joined by hyphens",
            "utm_source is the site or list, utm_medium the kind of channel",
            "utm_campaign is the campaign's slug and equals the one in the plan",
            "Links within the site never carry utm parameters",
        ],
        "checks": (
            f"Do it once on a test device: `{key}` arrives exactly once with all parameters|Count of `{key}` "
            "for a day agrees with the back office within normal tolerance"
            "|Both variants get impressions in the planned shares|No event arrives twice after a reload|An "
            "alert goes out when the key event is silent for a day"
        ).split("|"),
    }


def _key_event(work: Work) -> str:
    """The conversion's event: the name the prompt uses for it, else the usual one for this kind of action."""
    named = re.search(
        r"key event[s]?[^`\n]{0,40}`([a-z][a-z0-9_]{2,39})`", f"{work.task.system}\n{work.task.user}", re.I
    )
    return named[1] if named else work.action.event


def _event(name: str, trigger: str, parameters: list[Content], answers: str, *, key: bool = False) -> Content:
    return {
        "name": name,
        "trigger": cut(trigger, 300),
        "parameters": parameters,
        "key_event": key,
        "answers": cut(answers, 300),
    }


def _parameter(name: str, description: str, example: str) -> Content:
    return {"name": name, "description": description, "example": example}
