"""Forms of products: the product, its system, one process with its inputs and emissions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from forms.base import BaseForm
from forms.dossiers import AskedColumn, RowsField
from forms.fields import DecimalField, MonthField, RowVersionField
from forms.validators import AtMost, InRange, Required
from portal.domain.messages import N_
from portal.domain.products import BOUNDARY_WORDS, DETAILS

Choices = Sequence[tuple[str, str]]
MARKS: Final = ("temporal", "geographical", "technological", "completeness", "reliability")
#: Where an amount is from when no month feeds it.
TYPED, MEASURED = "typed", "measured"
#: Where the footprint of an input is from when somebody types its factor.
FACTOR: Final = "factor"
_ORIGINS: Final = (
    ("fossil", N_("化石")),
    ("biogenic", N_("生物源")),
    ("land_use", N_("土地利用变化")),
    ("aircraft", N_("航空运输")),
    ("biogenic_uptake", N_("生物源吸收")),
)
_TEXTS: Final = ("key", "name", "stage", "words", "output_name", "output_month", "output_unit")
_MORE_TEXTS: Final = ("output_source", "method", "basis_unit", "basis_source")
_AMOUNTS: Final = ("output_amount", "own", "whole")


class ProductForm(BaseForm):
    """A product; what only exports ask for stands at its end."""

    row_version = RowVersionField()
    name = StringField(N_("产品名称"), [Required(), AtMost(120)], default="")
    model = StringField(N_("型号规格"), [AtMost(120)], default="")
    kind = RadioField(
        N_("单位的性质"),
        [Required()],
        choices=[("declared", N_("声明单位")), ("functional", N_("功能单位"))],
        default="declared",
    )
    unit_amount = DecimalField(N_("单位数量"), [Required(), InRange(low=0, high=10**9)])
    unit = StringField(N_("计量单位"), [Required(), AtMost(30)], default="")
    unit_words = StringField(N_("单位的说法"), [AtMost(200)], default="")
    mass = DecimalField(N_("每单位质量"), [InRange(low=0, high=10**9)])
    hs_code = StringField(N_("HS 编码"), [AtMost(20)], default="")
    cn_code = StringField(N_("CN 编码（欧盟）"), [AtMost(20)], default="")
    boundary = SelectField(
        N_("系统边界"), choices=[(key.value, words) for key, words in BOUNDARY_WORDS.items()]
    )
    rules = StringField(N_("产品规则"), [AtMost(300)], default="")
    place = StringField(N_("生产地点"), [AtMost(200)], default="")
    country = StringField(N_("国家代码"), [Required(), AtMost(2)], default="CN")
    description = TextAreaField(N_("产品说明"), [AtMost(2000)], default="")

    def details(self) -> dict[str, str]:
        """What exports ask for, without blanks."""
        return {key: text for key in DETAILS if (text := self.given(key))}


for _key, _words in DETAILS.items():
    setattr(ProductForm, _key, StringField(_words, [AtMost(300)], default=""))


class SystemForm(BaseForm):
    """A system without its processes: its period, what is left out, its simulation."""

    row_version = RowVersionField()
    first_month = MonthField(N_("数据期间起月"), [Required()])
    last_month = MonthField(N_("数据期间止月"), [Required()])
    goal = SelectField(N_("产出本产品的过程"), validate_choice=False, default="")
    excluded = TextAreaField(N_("边界之外的阶段"), [AtMost(500)], default="")
    cut_offs = RowsField(
        N_("忽略项"),
        columns=(
            AskedColumn("what", N_("忽略项"), "text", True),
            AskedColumn("reason", N_("理由"), "text", True),
            AskedColumn("share", N_("贡献估计，百分数"), "amount", False),
        ),
    )
    runs = DecimalField(N_("模拟次数"), [InRange(low=0, high=100_000)], integer_digits=6, decimals=0)
    seed = DecimalField(N_("随机种子"), [InRange(low=0, high=10**12)], integer_digits=13, decimals=0)
    note = TextAreaField(N_("说明"), [AtMost(1000)], default="")

    def payload(self, processes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The system as it is kept, with these processes."""
        lines = self.given("excluded").replace("、", "\n").splitlines()
        return {
            "goal": self.given("goal"),
            "gwp": "AR6",
            "runs": _plain(self["runs"].data) if self["runs"].data else "",
            "seed": _plain(self["seed"].data),
            "excluded": [line.strip() for line in lines if line.strip()],
            "cut_offs": list(self.cut_offs.data),
            "processes": list(processes),
        }


@dataclass(frozen=True)
class ProcessChoices:
    """What a process may refer to, in the reader's language."""

    months: Choices
    #: process:P1, grid:mee-footprint/2024/全国, supplier:12, each with its words.
    footprints: Choices

    def with_held(self, values: Mapping[str, Any]) -> "ProcessChoices":
        """The same, and what the process refers to already, though it is not offered now."""
        rows = values.get("inputs", ())
        months = [values.get("output_month", ""), *(row["quantity"] for row in rows)]
        return ProcessChoices(
            _with(self.months, [one for one in months if one not in {"", TYPED, MEASURED}]),
            _with(self.footprints, [row["footprint"] for row in rows]),
        )


class ProcessForm(BaseForm):
    """One process; ``inputs`` and ``emissions`` are added by ``process_form``."""

    row_version = RowVersionField()
    key = StringField("", [AtMost(10)], default="")
    name = StringField(N_("过程名称"), [Required(), AtMost(60)], default="")
    stage = StringField(N_("生命周期阶段"), [Required(), AtMost(60)], default="")
    words = StringField(N_("一句话说明"), [AtMost(60)], default="")
    output_name = StringField(N_("产出"), [Required(), AtMost(60)], default="")
    output_month = SelectField(N_("产出量取自"), validate_choice=False, default="")
    output_amount = DecimalField(N_("产出量"), [InRange(low=0, high=10**14)])
    output_unit = StringField(N_("产出单位"), [Required(), AtMost(30)], default="")
    output_source = StringField(N_("产出量来源"), [AtMost(200)], default="")
    filed = BooleanField(N_("计入月度记录里的直接排放"))
    method = SelectField(
        N_("分配方法"),
        choices=[
            ("", N_("不分配")),
            ("mass", N_("按质量")),
            ("energy", N_("按能量")),
            ("economic", N_("按经济价值")),
        ],
        default="",
    )
    own = DecimalField(N_("本产品的基数"), [InRange(low=0, high=10**14)])
    whole = DecimalField(N_("全部产品的基数"), [InRange(low=0, high=10**14)])
    basis_unit = StringField(N_("基数单位"), [AtMost(30)], default="")
    basis_source = StringField(N_("基数来源"), [AtMost(200)], default="")

    def process_data(self) -> dict[str, Any]:
        """The process as it is kept: see portal.accounting.product_system."""
        kept: dict[str, Any] = {name: self.given(name) for name in (*_TEXTS, *_MORE_TEXTS)}
        kept |= {name: _plain(self[name].data) for name in _AMOUNTS}
        kept["filed"] = "yes" if self.filed.data else ""
        marks = {name: self.given(name) for name in MARKS}
        kept["marks"] = marks if any(marks.values()) else {}
        kept["inputs"] = [_kept_input(row) for row in self["inputs"].data]
        kept["emissions"] = list(self["emissions"].data)
        return {name: value for name, value in kept.items() if value not in ("", [], {}) or name == "inputs"}


def process_form(choices: ProcessChoices, *arguments: Any, **keywords: Any) -> ProcessForm:
    """The form of a process with what it may refer to."""
    made: type[ProcessForm] = type(
        "AProcessForm",
        (ProcessForm,),
        {
            **{name: SelectField(words, choices=_MARK_CHOICES, default="") for name, words in _MARK_WORDS},
            "inputs": RowsField(N_("投入"), columns=_input_columns(choices)),
            "emissions": RowsField(N_("直接排放（手填）"), columns=_EMISSION_COLUMNS),
        },
    )
    form = made(*arguments, **keywords)
    say_in_language(form)
    form.output_month.choices = [("", form.output_month.gettext(N_("手填"))), *choices.months]
    return form


def say_in_language(form: BaseForm) -> None:
    """Put heads and choices of the form's tables into the reader's language."""
    for field in form:
        if isinstance(field, RowsField):
            field.columns = tuple(
                replace(
                    column,
                    label=field.gettext(column.label),
                    choices=tuple((value, field.gettext(words)) for value, words in column.choices),
                )
                for column in field.columns
            )


def process_values(process: Mapping[str, Any]) -> dict[str, Any]:
    """A kept process as the form's fields take it."""
    values: dict[str, Any] = {name: process.get(name, "") for name in (*_TEXTS, *_MORE_TEXTS)}
    values |= {name: Decimal(process[name]) if process.get(name) else None for name in _AMOUNTS}
    values |= {name: process.get("marks", {}).get(name, "") for name in MARKS}
    values["filed"] = bool(process.get("filed"))
    values["inputs"] = [_shown_input(row) for row in process.get("inputs", ())]
    values["emissions"] = process.get("emissions", ())
    return values


_MARK_CHOICES: Final = [("", N_("未评"))] + [(str(mark), str(mark)) for mark in range(5, 0, -1)]
_MARK_WORDS: Final = (
    ("temporal", N_("时间")),
    ("geographical", N_("地理")),
    ("technological", N_("技术")),
    ("completeness", N_("完整")),
    ("reliability", N_("精度")),
)
_EMISSION_COLUMNS: Final = (
    AskedColumn("gas", N_("气体"), "text", True),
    AskedColumn("amount", N_("数量"), "amount", True),
    AskedColumn("unit", N_("单位"), "text", True),
    AskedColumn("origin", N_("来源类别"), "choice", True, _ORIGINS),
    AskedColumn("source", N_("数据来源"), "text", True),
    AskedColumn("gsd", N_("几何标准差"), "amount", False),
)


def _input_columns(choices: ProcessChoices) -> tuple[AskedColumn, ...]:
    quantity = ((MEASURED, N_("手填，实测")), (TYPED, N_("手填，估算")), *choices.months)
    return (
        AskedColumn("name", N_("投入"), "text", True),
        AskedColumn("quantity", N_("数量取自"), "choice", True, quantity),
        AskedColumn("amount", N_("数量"), "amount", False),
        AskedColumn("unit", N_("单位"), "text", True),
        AskedColumn("source", N_("数量来源"), "text", False),
        AskedColumn("footprint", N_("足迹取自"), "choice", True, tuple(choices.footprints)),
        AskedColumn("factor", N_("因子 kgCO2e/单位"), "amount", False),
        AskedColumn("factor_source", N_("因子来源"), "text", False),
        AskedColumn("gsd", N_("几何标准差"), "amount", False),
    )


def _kept_input(row: Mapping[str, str]) -> dict[str, str]:
    """A row of the form as the system keeps it."""
    kept = {key: row[key] for key in ("name", "unit", "source", "gsd") if row[key]}
    quantity = row["quantity"] or TYPED
    if quantity in {TYPED, MEASURED}:
        kept["amount"] = row["amount"]
        kept |= {"measured": "yes"} if quantity == MEASURED else {}
    else:
        kept["month"] = quantity
    kind, _, what = (row["footprint"] or FACTOR).partition(":")
    kept["from"] = kind
    if kind == FACTOR:
        kept |= {"factor": row["factor"], "per": row["unit"], "factor_source": row["factor_source"]}
    else:
        kept["maker" if kind == "process" else kind] = what
    return kept


def _shown_input(row: Mapping[str, str]) -> dict[str, str]:
    """A kept input as a row of the form."""
    kind = row["from"]
    shown = {key: row.get(key, "") for key in ("name", "amount", "unit", "source", "gsd")}
    shown |= {key: row.get(key, "") for key in ("factor", "factor_source")}
    shown["quantity"] = row.get("month") or (MEASURED if row.get("measured") else TYPED)
    what = row.get("maker" if kind == "process" else kind, "")
    shown["footprint"] = FACTOR if kind == FACTOR else f"{kind}:{what}"
    return shown


def _with(choices: Choices, held: Sequence[str]) -> Choices:
    offered = {value for value, _ in choices}
    return [*choices, *((one, one) for one in dict.fromkeys(held) if one not in offered)]


def _plain(value: Decimal | None) -> str:
    return "" if value is None else format(value, "f")
