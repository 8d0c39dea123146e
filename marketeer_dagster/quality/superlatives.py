"""Superlatives and absolutes that need proof: in English, German and Chinese."""

import re
from collections.abc import Iterator

from marketeer_dagster.quality.denials import affirms, denied
from marketeer_dagster.quality.text import cjk_share, plain

_PATTERN = re.compile(
    r"""
    (?P<first>\#1(?!\d) | \b(?:no|nr)\.?\s?1(?!\d) | \bnumber\ one\b | \bnummer\ (?:eins\b|1(?!\d))
      | 第一(?!次|步|时间|天|周|个|行|章|年|位|封|件|句|屏|段|条|眼|轮|批|款|阶段|季度|部分|人称|道|课|颗))
    | \bworld[- ](?:class|leading|beating)\b | \bthe\ world's\ \w+
    | \b(?:industry|market|category|class)[- ]leading\b | \bthe\ leading\ \w+
    | \bleading\ (?:provider|platform|solution)\b
    | \bmarket\ leaders?\b
    | \bthe\ only\ (?!thing|question|catch|difference|step|part|reason|time|other|people|ones?\b)\w+
    | \bbest[- ](?:in[- ]class|selling|of[- ]breed|rated|known)\b | \btop[- ](?:rated|ranked|selling)\b
    | \b(?:the|our|is|are|simply)\ (?:very\ |absolute\ )?best\b
      (?!\ (?:way|time|moment|practices?|case|part|place|bit|of\ luck)\b)
    | \bbest\ (?:price|choice|tool|solution|product|service|software|app|platform|team|value)s?\b
    | (?<!your\ )(?<!their\ )(?<!its\ )(?<!'s\ )
      \b(?:fastest|cheapest|largest|easiest|safest|smartest|strongest|lowest|biggest|greatest|finest|simplest)\b
      (?!\ (?:problem|challenge|risk|mistake|obstacle|client|customer|worry|fear|leak|gap|first|part|question|step)s?\b)
    | \bthe\ most\ (?!of|recent|important\ (?:thing|question|part)|common|people)\w+\b
    | \bguarantee(?:s|d)?\b | \brisk[- ]free\b | \b(?:no|zero)\ risk\b | \bunlimited\b(?:\ \w+)?
    | \bun(?:rivalled|rivaled|matched|beatable|paralleled|surpassed)\b | \brevolution(?:ary|ise\w*|ize\w*)\b
    | \baward(?:s|ed)?\b(?:[- ]winning)? | \bprize[- ]winning\b | \bgold\ medal\w*
    | \b(?:scientifically|clinically|medically)\ (?:proven|tested)\b | \bnever\ fails?\b
    | \balways\ works?\b | \binstant(?:ly)?\b | \bfree\ for\ ?ever\b
    | (?<!customer\ )(?<!client\ )(?<!session\ )(?<!token\ )(?<!battery\ )\blifetime\b
      (?!\ (?:value|values|cycle))(?!\ of\ (?:a|the)\ (?:customer|client))
    | \bfool-?proof\b
    | \b(?:completely|totally|absolutely|perfectly)\ (?:safe|secure|free|private|painless)\b
    | \bone[- ]of[- ]a[- ]kind\b | \b\w+'s\ (?:favou?rite|only|best|leading|top|number\ one)\b
    | \b(?:the|our|\w+'s)\ (?!(?:late|near|close|earli|small|old|long|slow|short|hard|wor|young|few|busi)st?est\b)
      (?!\w*(?:[qg]uest|interest|forest|harvest|contest|protest|honest|modest|digest|invest|arrest|manifest|priest|
      latest|nearest|closest|earliest|smallest|oldest|longest|slowest|shortest|hardest|youngest|fewest|busiest)\b)
      [a-z]{3,}est\b(?!\ (?:problem|risk|mistake|client|customer|part|question|step|day|month)s?\b)
    | \b(?:der|die|das|den|dem|unsere?[nrms]?)\ (?!(?:erst|letzt|nächst|meist|fest|ernst|bewusst|robust|häufigst|
      wichtigst|\w*zigst|\w*hundertst|\w*tausendst)e)(?-i:[a-zäöüß]{3,}ste[nrms]?)\b
    | \b(?:der|die|das|den|dem|des|unser\w*)\ (?:aller)?(?:best|einzig|führend|schnellst|günstigst|größt|sicherst)\w*
    | (?<!am\ )\b(?:aller)?beste[rsnm]?\b(?!\ (?:Grüße|Dank|Wünsche|Zeit|Moment)) | \bführend\w*
    | \b(?:ausgezeichnet\w*|Auszeichnung\w*|prämiert\w*|Preisträger\w*) | \bin\ (?:Gold|Silber|Bronze|Platin)\b
    | \bmarktführ\w* | \bgaranti(?:e|en|er\w*)\b | \bweltweit\ führend\w* | \bunschlagbar\w* | \beinzigartig\w*
    | \brisikofrei\w* | \bunbegrenzt\w* | \brevolutionär\w* | \bpreisgekrönt\w* | \bTestsieger\b | \bnie\ wieder\b
    | 最(?![近后初终多少晚常怕想爱难担关基需重主])[一-鿿] | 唯一 | 顶级 | 顶尖 | 领先 | 领导品牌 | 保证 | 百分百 | 绝对
    | 世界级 | 首选 | 国家级 | 独家 | 史上 | 全网 | 极致 | 完美 | 根治 | 治愈 | 永久 | 终身 | 万能 | 无副作用 | 零风险
    | 权威 | 王牌 | 无限 | 包治 | 秒杀 | 三甲
    | 荣获 | 获奖 | [金银铜]奖 | 大奖 | 奖项
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HINTS = re.compile(
    r"#|est\b|'s (?:favo|only|best|lead|top|numb)|ste[nrms]?\b|\b(?:numb|numm|worl|indu|mark|cate|clas|lead|only|"
    r"best|top|fast|chea|larg|easi|safe|smar|stro|lowe|bigg|grea|fine|simp|most|guar|risk|zero|unli|unri|unma|"
    r"unbe|unpa|unsu|revo|awar|scie|clin|medi|neve|alwa|inst|free|fore|life|fool|comp|tota|abso|perf|one|welt|"
    r"unsc|einz|prei|test|nie|aller|gara|nr|no\b|best|führ|ausg|auszei|präm|preis|gold|in\b|priz|d(?:er|ie|as|"
    r"en|em|es)\b|unser)"
)
"""How the first words begin: a text without any of them, and without Chinese, needs no closer look."""
_AVOIDED = re.compile(
    r"\bavoid|\bnever\b|\bdo not\b|\bdon't\b|\bbanned\b|\bvermeid|\bnie\b|避免|不要|不用|禁用|别说", re.IGNORECASE
)


def proof_text(text: str) -> str:
    """What may prove a superlative: the sources' lines, without those that say which words to avoid."""
    kept = [plain(line).casefold() for line in text.splitlines() if not _AVOIDED.search(line)]
    return "\n".join(kept)


def unproven(text: str, proof: str) -> Iterator[str]:
    """Superlatives in `text` that `proof` (made by `proof_text`) does not contain, each once."""
    line = plain(text)
    if not _HINTS.search(line.casefold()) and not cjk_share(line):
        return
    seen: set[str] = set()
    for match in _PATTERN.finditer(line):
        words = match[0].strip()
        key = words.casefold()
        if (
            key not in seen
            and not denied(line[: match.start()], line[match.end() :])
            and not _proven(match, key, proof)
        ):
            seen.add(key)
            yield words


def _proven(match: re.Match[str], key: str, proof: str) -> bool:
    if match["first"]:
        return any(other["first"] for other in _PATTERN.finditer(proof))
    if not key.isascii():
        return affirms(re.compile(re.escape(key)), proof)
    roots = [re.escape(word) + r"\w{0,2}" for word in re.findall(r"[\w'-]+", key)]
    return affirms(re.compile(r"\b" + r"[- ]".join(roots)), proof)
