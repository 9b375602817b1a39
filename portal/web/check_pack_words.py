"""Words of check packs in the reader's language."""

from flask_babel import get_locale, gettext

from checklists.reading import path_words
from portal.domain.messages import N_
from portal.domain.registration_questions import DISTRICTS
from portal.web.home_board import district_word
from portal.web.registration_display import industry_list

STATES = {
    "shipped": N_("平台发布"),
    "draft": N_("草稿"),
    "proposed": N_("待发布"),
    "published": N_("已发布"),
    "withdrawn": N_("已撤回"),
    "discarded": N_("已作废"),
}
STATE_TONES = {
    "shipped": "quiet",
    "draft": "mine",
    "proposed": "theirs",
    "published": "good",
    "withdrawn": "bad",
    "discarded": "quiet",
}
STATE_SYMBOLS = {
    "shipped": "lock",
    "draft": "progress",
    "proposed": "eye-check",
    "published": "circle-check",
    "withdrawn": "ban",
    "discarded": "ban",
}
OCCASIONS = {
    "month": N_("月度存证"),
    "plan": N_("质量控制方案"),
    "visit": N_("上门与现场检查"),
    "disclosure": N_("年度披露"),
}
OUTCOMES = {
    "passed": N_("通过"),
    "failed": N_("不通过"),
    "undecidable": N_("不能判断"),
    "not_applicable": N_("不适用"),
}
OUTCOME_TONES = {"passed": "good", "failed": "bad", "undecidable": "ask", "not_applicable": "quiet"}
OUTCOME_SYMBOLS = {
    "passed": "check",
    "failed": "exclamation-circle",
    "undecidable": "help-circle",
    "not_applicable": "minus",
}
CHANGES = {"added": N_("新增"), "changed": N_("已改"), "removed": N_("已删")}
KINDS = {
    "number": N_("数"),
    "text": N_("文字"),
    "date": N_("日期"),
    "month": N_("月份"),
    "flag": N_("是否"),
    "map": N_("一组"),
    "list": N_("一列"),
}
ACTIONS = {
    "check_pack.copied": N_("复制为草稿"),
    "check_pack.entry_saved": N_("改了一条"),
    "check_pack.entry_removed": N_("删了一条"),
    "check_pack.head_changed": N_("改了修订说明或起用月份"),
    "check_pack.dry_run_asked": N_("试运行"),
    "check_pack.proposed": N_("送复核"),
    "check_pack.taken_back": N_("撤回送审"),
    "check_pack.sent_back": N_("退回修改"),
    "check_pack.published": N_("发布"),
    "check_pack.withdrawn": N_("撤回已发布的版本"),
    "check_pack.discarded": N_("作废"),
}
KEYS = {
    "id": N_("编号"),
    "title": N_("名称"),
    "title_en": N_("名称（英文）"),
    "clause": N_("条款"),
    "source": N_("依据"),
    "confidence": N_("可信度"),
    "severity": N_("严重程度"),
    "per": N_("逐个检查"),
    "applies": N_("适用条件"),
    "expression": N_("判断式"),
    "predicate": N_("或用现成的判断"),
    "let": N_("中间量"),
    "settings": N_("参数"),
    "message": N_("给企业看的话"),
    "message_en": N_("给企业看的话（英文）"),
    "expected": N_("应为"),
    "expected_en": N_("应为（英文）"),
    "actual": N_("实为"),
    "actual_en": N_("实为（英文）"),
    "mend": N_("怎么改"),
    "mend_en": N_("怎么改（英文）"),
    "points_to": N_("在哪里改"),
    "measures": N_("建议措施"),
    "cases": N_("用例"),
    "text": N_("问题"),
    "text_en": N_("问题（英文）"),
    "area": N_("部分"),
    "answer_type": N_("答案类型"),
    "unit": N_("单位"),
    "weight": N_("权重"),
    "evidence": N_("通常看什么材料"),
    "evidence_en": N_("通常看什么材料（英文）"),
    "findings": N_("哪些答案形成差距"),
    "options": N_("选项"),
    "depends_on": N_("以哪个问题为前提"),
}


def word(table: dict[str, str], key: str) -> str:
    """The word of a code; a code without one stays as it is."""
    return str(gettext(table[key])) if key in table else key


def is_english() -> bool:
    """Whether the reader has chosen English."""
    locale = get_locale()
    return locale is not None and locale.language == "en"


def datum_word(path: str) -> str:
    """The name of a datum of the facts."""
    return path_words(path, english=is_english())


def place_word(code: str) -> str:
    """The name of a district or industry code."""
    if code in DISTRICTS:
        return district_word(code)
    name = dict(industry_list()).get(code, "")
    return f"{code} {name}".strip() or "—"
