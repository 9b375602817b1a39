"""Words and lists that the plan's pages show: what is missing, what may be ticked, which sections."""

from dataclasses import dataclass

from flask import request
from flask_babel import get_locale, gettext
from werkzeug.datastructures import MultiDict

from forms.plans import ItemsForm
from portal.domain.errors import Failure
from portal.domain.messages import N_
from portal.queries.plan_pages import PlanPage
from portal.reference.catalogue import Catalogue
from portal.services.plan_template import StreamChoice
from portal.web.labels import SECTIONS
from portal.web.terms import filled

ALL_SECTIONS = "all"
DRAWING_WORDS = {
    "organisation_chart": N_("组织机构图"),
    "site_plan": N_("厂区平面图"),
    "process_chart": N_("工艺流程图"),
}
#: What many rows lack, in one line each; the rows themselves say it again.
MISSING_WORDS = {
    "meter_missing": N_("%(count)s 个实测参数还没有指定计量器具"),
    "meter_retired": N_("%(count)s 个参数的计量器具在执行月份前已停用"),
    "default_missing": N_("%(count)s 个参数选了缺省，但指南没有缺省值"),
    "department_missing": N_("%(count)s 个参数还没有负责部门"),
    "frequency_missing": N_("%(count)s 个参数还没有记录频次"),
    "missing_rule_missing": N_("%(count)s 个参数还没有数据缺失处理方式"),
}


@dataclass(frozen=True)
class Lack:
    """One line of what is missing: words, how often, and the stream where it begins."""

    text: str
    stream_id: int | None


@dataclass(frozen=True)
class ItemGroup:
    """Items of one category that may be ticked; ``key`` names the group in ids."""

    key: str
    title: str
    section: str
    items: tuple[tuple[str, str], ...]


def posted() -> MultiDict[str, str] | None:
    """What was sent; None before anything was, so that the form shows what is there already."""
    return request.form if request.method == "POST" else None


def lacks_of(page: PlanPage) -> list[Lack]:
    """What is missing, head first, rows of the same kind in one line with their count."""
    lacks = [Lack(_words(failure), None) for failure in page.failures if failure.code not in MISSING_WORDS]
    by_code = {stream.code: stream.id for stream in page.streams}
    for code, words in MISSING_WORDS.items():
        found = [failure for failure in page.failures if failure.code == code]
        if found:
            first = by_code.get(found[0].cell.partition(".")[0])
            lacks.append(Lack(gettext(words) % {"count": len(found)}, first))
    return lacks


def section_choices() -> list[tuple[str, str]]:
    """All sections first, then each by name."""
    sections = [(key.value, gettext(text)) for key, text in SECTIONS.items() if key != "evidence"]
    return [(ALL_SECTIONS, gettext("全部参数")), *sections]


def item_groups(catalogue: Catalogue) -> list[ItemGroup]:
    """Everything that may be ticked, by kind of stream, in the order of the guideline."""
    english = _english()
    groups = []
    for kind in catalogue.kinds.values():
        items = tuple(
            (f"{item.category}:{item.name}", item.name_en if english else item.name)
            for item in catalogue.items
            if item.kind == kind.key
        )
        if items:
            title = kind.name_en if english else kind.name
            groups.append(ItemGroup(kind.key, title, kind.section, items))
    return groups


def takes_own_output(catalogue: Catalogue) -> bool:
    """Whether the guideline lets an enterprise name a product of its own."""
    return any(kind.category == "output" and kind.free_name for kind in catalogue.kinds.values())


def chosen_streams(form: ItemsForm) -> list[StreamChoice]:
    """The ticked items, then an output of the enterprise's own name."""
    pairs = [value.partition(":") for value in form.items.data or []]
    choices = [StreamChoice(category, item) for category, _, item in pairs]
    if form.own_output.data:
        choices.append(StreamChoice("output", form.own_output.data, form.own_output.data))
    return choices


def _words(failure: Failure) -> str:
    return filled(failure.message, failure.params)


def _english() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "en"
