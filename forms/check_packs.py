"""Forms of check packs: a check, a question, a draft's head, the second person's word."""

from typing import Any, Final

from wtforms import FieldList, FormField, SelectField, StringField, TextAreaField

from forms.base import BaseForm
from forms.fields import MonthField, RowVersionField
from forms.validators import AtMost, Required
from portal.domain.messages import N_

SEVERITIES: Final = [
    ("blocking", N_("严重（签署前必须改）")),
    ("explain", N_("应说明")),
    ("note", N_("提示")),
]
CONFIDENCES: Final = [("official", N_("官方文本")), ("transcribed", N_("转录")), ("unverified", N_("未核实"))]
PER: Final = [
    ("row", N_("每一参数行")),
    ("record", N_("整个月")),
    ("slot", N_("每个材料位")),
    ("stream", N_("每个源流")),
]
OUTCOMES: Final = [
    ("passed", N_("应通过")),
    ("failed", N_("应不通过")),
    ("undecidable", N_("应不能判断")),
    ("not_applicable", N_("应不适用")),
]
ANSWER_TYPES: Final = [
    ("yes_no", N_("是 / 否")),
    ("choice", N_("选项")),
    ("number", N_("数")),
    ("date", N_("日期")),
    ("text", N_("文字")),
]
#: Longest expression, as the language has it.
MOST_EXPRESSION: Final = 1000
MOST_ROWS: Final = 40


class SettingForm(BaseForm):
    """A figure of a check that can be changed without touching the expression."""

    name = StringField(N_("名称"), [AtMost(40)], default="")
    value = StringField(N_("值"), [AtMost(200)], default="")
    title = StringField(N_("中文名"), default="")
    title_en = StringField(N_("英文名"), default="")
    source = StringField(N_("出处"), default="")
    confidence = SelectField(N_("可信度"), choices=CONFIDENCES, default="unverified")


class MeasureForm(BaseForm):
    """A way to mend that a finding proposes."""

    text = StringField(N_("措施"), default="")
    text_en = StringField(N_("措施（英文）"), default="")
    effect = StringField(N_("预期效果"), default="")
    effect_en = StringField(N_("预期效果（英文）"), default="")


class CaseForm(BaseForm):
    """An example that the check must answer so."""

    name = StringField(N_("用例"), default="")
    outcome = SelectField(N_("结果应是"), choices=OUTCOMES, default="passed")
    at = StringField(N_("看哪一个"), default="")
    changes = TextAreaField(N_("在示例月上改什么"), [AtMost(4000)], default="")
    says = StringField(N_("应说到"), default="")


class CheckForm(BaseForm):
    """One check; rows of settings, measures and cases that are wholly blank count for nothing."""

    row_version = RowVersionField()
    id = StringField(N_("编号"), [Required(), AtMost(40)], default="")
    title = StringField(N_("名称"), [Required()], default="")
    title_en = StringField(N_("名称（英文）"), [Required()], default="")
    clause = StringField(N_("条款"), [Required()], default="")
    source = StringField(N_("依据"), [Required()], default="")
    confidence = SelectField(N_("可信度"), choices=CONFIDENCES, default="unverified")
    severity = SelectField(N_("严重程度"), choices=SEVERITIES, default="explain")
    per = SelectField(N_("逐个检查"), choices=PER, default="row")
    applies = TextAreaField(N_("适用条件"), [AtMost(MOST_EXPRESSION)], default="")
    expression = TextAreaField(N_("判断式"), [AtMost(MOST_EXPRESSION)], default="")
    predicate = SelectField(N_("或用现成的判断"), default="")
    let = TextAreaField(N_("中间量"), [AtMost(4000)], default="")
    message = TextAreaField(N_("给企业看的话"), [Required(), AtMost(1000)], default="")
    message_en = TextAreaField(N_("给企业看的话（英文）"), [Required(), AtMost(1000)], default="")
    expected = StringField(N_("应为"), [Required()], default="")
    expected_en = StringField(N_("应为（英文）"), [Required()], default="")
    actual = StringField(N_("实为"), [Required()], default="")
    actual_en = StringField(N_("实为（英文）"), [Required()], default="")
    mend = TextAreaField(N_("怎么改"), [Required(), AtMost(1000)], default="")
    mend_en = TextAreaField(N_("怎么改（英文）"), [Required(), AtMost(1000)], default="")
    points_to = StringField(N_("在哪里改"), [Required(), AtMost(80)], default="row")
    settings = FieldList(FormField(SettingForm, N_("参数")), N_("参数"), max_entries=MOST_ROWS)
    measures = FieldList(FormField(MeasureForm, N_("建议措施")), N_("建议措施"), max_entries=MOST_ROWS)
    cases = FieldList(FormField(CaseForm, N_("用例")), N_("用例"), max_entries=MOST_ROWS)


class OptionForm(BaseForm):
    """One answer of a choice."""

    code = StringField(N_("代码"), [AtMost(40)], default="")
    text = StringField(N_("选项"), default="")
    text_en = StringField(N_("选项（英文）"), default="")


class FindingRuleForm(BaseForm):
    """Which answers make a finding, and how severe it is; blank severity is no rule."""

    severity = SelectField(
        N_("形成差距时的严重程度"), choices=[("", N_("不形成差距")), *SEVERITIES], default=""
    )
    answers = StringField(N_("哪些答案形成差距"), [AtMost(200)], default="")


class QuestionForm(BaseForm):
    """One question of a visit; rules, options and measures that are wholly blank count for nothing."""

    row_version = RowVersionField()
    id = StringField(N_("编号"), [Required(), AtMost(40)], default="")
    area = SelectField(N_("部分"))
    text = TextAreaField(N_("问题"), [Required(), AtMost(1000)], default="")
    text_en = TextAreaField(N_("问题（英文）"), [Required(), AtMost(1000)], default="")
    clause = StringField(N_("条款"), [Required()], default="")
    source = StringField(N_("依据"), [Required()], default="")
    confidence = SelectField(N_("可信度"), choices=CONFIDENCES, default="unverified")
    answer_type = SelectField(N_("答案类型"), choices=ANSWER_TYPES, default="yes_no")
    unit = StringField(N_("单位"), [AtMost(30)], default="")
    weight = SelectField(N_("权重"), choices=[(str(n), str(n)) for n in range(1, 6)], default="3")
    evidence = TextAreaField(N_("通常看什么材料"), [Required(), AtMost(1000)], default="")
    evidence_en = TextAreaField(N_("通常看什么材料（英文）"), [Required(), AtMost(1000)], default="")
    rules = FieldList(FormField(FindingRuleForm, N_("差距规则")), N_("差距规则"), max_entries=MOST_ROWS)
    depends_question = StringField(N_("以哪个问题为前提"), [AtMost(40)], default="")
    depends_answers = StringField(N_("前提的答案"), default="")
    options = FieldList(FormField(OptionForm, N_("选项")), N_("选项"), max_entries=MOST_ROWS)
    measures = FieldList(FormField(MeasureForm, N_("建议措施")), N_("建议措施"), max_entries=MOST_ROWS)


class HeadForm(BaseForm):
    """What has changed, and from which month it holds."""

    row_version = RowVersionField()
    note = TextAreaField(N_("修订说明"), [Required(), AtMost(1000)], default="")
    effective_from = MonthField(N_("自哪个月起执行"), [Required()])


class MoveForm(BaseForm):
    """A move that needs nothing but the version it was decided on."""

    row_version = RowVersionField()


class SendBackForm(MoveForm):
    """The second person does not agree."""

    comment = TextAreaField(N_("要改什么"), [Required(), AtMost(1000)], default="")


class WithdrawForm(MoveForm):
    """A published version is taken out of force."""

    reason = TextAreaField(N_("撤回的原因"), [Required(), AtMost(1000)], default="")


def error_at(form: BaseForm, path: str) -> Any:
    """The field that a pack's key (``cases[0].name``, ``settings.step.title``, ``expression``) stands in."""
    head, _, rest = path.partition(".")
    name, _, index = head.rstrip("]").partition("[")
    if name not in form:
        return next(iter(form))
    field = form[name]
    if not isinstance(field, FieldList):
        return field
    if not index:  # settings go by their names
        name, _, rest = rest.partition(".")
        index = next((str(n) for n, row in enumerate(field) if row.form["name"].data == name), "0")
    if not index.isdigit() or int(index) >= len(field):
        return field
    row = field[int(index)].form
    return row[rest] if rest in row else next(iter(row))
