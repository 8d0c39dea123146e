"""Tracking plans: the events that answer the campaign's questions, and how to see that they work."""

import re

from marketeer_dagster.sandbox.author.text import cut
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]


def tracking_plan(work: Work) -> Content:
    """Events from the first sight of the page to the action, each with the question it answers."""
    key = _key_event(work)
    label, path = work.action.label, work.place
    page = _parameter("page_path", work.say("Path of the page", "页面路径"), work.path)
    experiment = [
        _parameter(
            "experiment_id",
            work.say("The running experiment", "正在进行的实验"),
            work.say("id of the experiment", "实验编号"),
        ),
        _parameter("experiment_variant", work.say("The variant the visitor saw", "访客看到的版本"), "control"),
    ]
    events = [
        _event(
            key,
            work.say(f"“{label}” is done and confirmed by the server", f"“{label}”完成并由服务器确认"),
            [page, *experiment, _parameter("method", work.say("How it was done", "完成方式"), "form")],
            work.say(
                f"How many visitors of {path} act, by page and variant?", f"{path}有多少访客行动，按页面和版本看？"
            ),
            key=True,
        ),
        _event(
            "cta_click",
            work.say(f"A button “{label}” is clicked", f"点击“{label}”按钮"),
            [page, _parameter("position", work.say("Where the button stands", "按钮位置"), "hero"), *experiment],
            work.say(
                "Where do people decide, and how many stop between click and finish?",
                "人们在哪里做决定，点击后有多少没有完成？",
            ),
        ),
        _event(
            "form_start",
            work.say("The first field of the form gets input", "表单第一项开始填写"),
            [page, *experiment],
            work.say("Does the form cost us people who had decided?", "表单是否让已决定的人放弃？"),
        ),
        _event(
            "experiment_impression",
            work.say("A variant is shown", "展示某个版本"),
            [page, *experiment],
            work.say("Who was in which variant?", "谁看到了哪个版本？"),
        ),
        _event(
            "faq_open",
            work.say("A question is opened", "展开一个常见问题"),
            [page, _parameter("question", work.say("Short name of the question", "问题简称"), "price")],
            work.say("Which doubt stands before the decision?", "决定之前最大的疑虑是什么？"),
        ),
    ]
    return {
        "summary": work.say(
            f"Counts every “{label}” on {path} once, traces it to page, source and variant, and shows where "
            "visitors stop on the way.",
            f"对{path}上的每一次“{label}”只计一次，追溯到页面、来源和版本，并看清访客在哪一步离开。",
        ),
        "events": events,
        "utm_rules": work.say(
            "Lower case only, words joined by hyphens|utm_source is the site or list, utm_medium the kind of "
            "channel|utm_campaign is the campaign's slug and equals the one in the plan"
            "|Links within the site never carry utm parameters",
            "一律小写，单词用连字符连接|utm_source写来源网站或名单，"
            "utm_medium写渠道类型|utm_campaign用活动的短名，与计划一致|站内链接不带utm参数",
        ).split("|"),
        "checks": work.say(
            f"Do it once on a test device: `{key}` arrives exactly once with all parameters|Count of `{key}` "
            "for a day agrees with the back office within normal tolerance"
            "|Both variants get impressions in the planned shares|No event arrives twice after a reload|An "
            "alert goes out when the key event is silent for a day",
            "用测试设备走一遍："
            f"`{key}`只到达一次且参数齐全|一天的`{key}`次数与后台记录基本一致|两个版本的展示比例符合计划|刷新后没有重复事件|关键事件静默一天就报警",
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
