"""Objectives of briefs, one wording per skill."""

from marketeer_dagster.sandbox.author.text import cut, ended
from marketeer_dagster.sandbox.author.work import Work


def objective(work: Work, skill: str, page: str, stated: str) -> str:
    """What one skill's artefact must achieve; `page` as prose names it, `stated` the goal's own words."""
    goal = ended(stated)
    action = work.action.label
    english = {
        "page-cro": f"Find out what keeps visitors of {page} from acting, with evidence from the page and the metrics. "
        f"Goal: {goal}",
        "copywriting": f"Write {page} so that a visitor sees at once what {work.name} does for them and chooses "
        f"“{action}”. Goal: {goal}",
        "copy-editing": f"Edit the copy of {page} until every sentence is clear, supported and on brief. Goal: {goal}",
        "email-sequence": "Bring people who showed interest but did not act back "
        f"to “{action}”, one argument per email. "
        f"Goal: {goal}",
        "paid-ads": f"Bring people who already look for this to {page}, "
        "with ads that say what the page says. Goal: "
        f"{goal}",
        "ab-test-setup": f"Plan a test that shows whether the new {page} does "
        f"better than the present one. Goal: {goal}",
        "analytics-tracking": f"Make sure every “{action}” on {page} is counted and "
        "can be traced to page and variant. Goal: "
        f"{goal}",
        "content-strategy": f"Decide what to publish so that people with this problem find {work.name}. Goal: {goal}",
        "seo-audit": f"Find what costs {work.name} clicks from search, starting with {page}. Goal: {goal}",
        "product-marketing-context": f"Tighten the product context so that all work rests on facts. Goal: {goal}",
    }
    chinese = {
        "page-cro": f"查明是什么让{page}的访客没有行动，用页面和数据作证据。目标：{goal}",
        "copywriting": f"重写{page}，让访客一眼看懂{work.name}能带来什么，并选择“{action}”。目标：{goal}",
        "copy-editing": f"打磨{page}的文案，每句话清楚、有依据、切合任务。目标：{goal}",
        "email-sequence": f"让有兴趣但没有行动的人回来“{action}”，每封邮件讲一个理由。目标：{goal}",
        "paid-ads": f"把正在寻找的人带到{page}，广告与页面说法一致。目标：{goal}",
        "ab-test-setup": f"设计测试，看新版{page}是否优于现有版本。目标：{goal}",
        "analytics-tracking": f"确保{page}上的每一次“{action}”都被统计，并能追溯到页面和版本。目标：{goal}",
        "content-strategy": f"决定发布什么内容，让有这类需求的人找到{work.name}。目标：{goal}",
        "seo-audit": f"找出{work.name}在搜索中丢失点击的原因，从{page}开始。目标：{goal}",
        "product-marketing-context": f"完善产品资料，让所有工作都有事实依据。目标：{goal}",
    }
    described = next((r.text("description") for r in work.task.records("catalog") if r.text("skill") == skill), "")
    other = work.say(
        f"{ended(cut(described, 300))} Goal: {goal}" if described else f"Serve the goal: {goal}",
        f"服务于目标：{goal}",
    )
    return (chinese if work.chinese else english).get(skill, other)
