"""Chinese names of people and institutions, which no capital letter gives away: by surname and title, and by suffix."""

import re
from collections.abc import Iterator

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余杜叶程魏苏吕丁卢姚沈钟姜崔谭陆范汪廖"
    "石韦贾夏付方邹熊孟秦邱侯江尹薛阎段雷黎史陶贺毛郝顾龚邵钱严赖覃武莫孔"
)
_TITLES = "女士|先生|小姐|医生|医师|博士|教授|主任|经理|老师|爷爷|奶奶|阿姨|院长|总监|律师|同学|太太"
_PERSON = re.compile(rf"(?P<before>.?)(?P<name>[{_SURNAMES}][一-鿿]{{0,2}}?(?:{_TITLES}))")
_NO_SURNAME = frozenset(
    {"如何", "任何", "为何", "提高", "较高", "对方", "地方", "双方", "我方", "官方", "长江", "黑马", "学程", "路程"}
)
_INSTITUTION = re.compile(
    r"(?P<name>[一-鿿]{2,12}?(?:有限公司|集团|医院|大学|学院|银行|研究院|研究所|协会|基金会|电视台|日报))"
)
_USER = re.compile(r"(?P<name>[一-鿿]{2,5}?)(?:也|都)(?:在)?(?:用|选|买|喝|吃|信赖)(?:我们|它|这|云|的)?")
_ANYBODY = re.compile(
    r"(?:客户|用户|顾客|大家|我们|他们|她们|你们|您|人|家|专家|孩子|邻居|朋友|店主|同行|老板|员工|同事|医生|老师|自己|公司|企业|店|们|每天|天天|平时|后)$"
)
_THREE_LETTERS = frozenset({"研究院", "研究所", "基金会", "电视台"})
_SORTS = frozenset(
    {
        "公立",
        "私立",
        "社区",
        "专科",
        "综合",
        "附近",
        "其他",
        "其它",
        "口腔",
        "牙科",
        "儿童",
        "您的",
        "当地",
        "三甲",
        "连锁",
        "不少",
    }
    | {"很多", "正规", "大型", "知名", "普通", "一般", "商业"}
)
"""What says which sort of institution is meant, not which one."""
_NO_NAME_BEFORE = "去到跑在比的家大小"


def chinese_names(line: str, known: str) -> Iterator[str]:
    """People ("李娜女士") and institutions ("协和医院") that `known`, the folded text of the sources, does not hold."""
    if not any("一" <= char <= "鿿" for char in line):
        return
    for match in _PERSON.finditer(line):
        name = match["name"]
        if match["before"] + name[0] not in _NO_SURNAME and name not in known:
            yield name
    for match in _USER.finditer(line):
        if not _ANYBODY.search(match["name"]) and match["name"][-2:] not in known:
            yield match["name"]
    for match in _INSTITUTION.finditer(line):
        name = match["name"]
        kind = 4 if name.endswith("有限公司") else 3 if name[-3:] in _THREE_LETTERS else 2
        nearest = name[:-kind][-2:]
        generic = nearest in _SORTS or nearest[-1:] in _NO_NAME_BEFORE
        if not generic and nearest + name[-kind:] not in known:
            yield name
