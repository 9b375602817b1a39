"""Pages of reviews: the split view, the reviewer's acts, and the questions to the enterprise."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import CombinedMultiDict

from forms.base import BaseForm
from forms.reviews import (
    AcceptForm,
    AnswerForm,
    AskForm,
    CountersignForm,
    DecisionForm,
    ReassignForm,
    ReleaseForm,
    ReturnForm,
)
from portal.domain.access import Permission
from portal.domain.errors import Invalid, NotFound
from portal.domain.periods import Month, today
from portal.domain.workflow import Decision, Section
from portal.extensions import actor, database, settings, storage
from portal.queries.differences import difference_page
from portal.queries.review_split import SplitPage, split_page
from portal.queries.reviews import QuestionsPage, colleagues, questions_page
from portal.reference.working_days import working_day_after
from portal.services import reviews as services
from portal.services.uploads import Upload
from portal.web import restatements
from portal.web.access import requires
from portal.web.acting import attempt, failure_lines
from portal.web.review_display import difference_words, section_label, section_names, split_words

blueprint = Blueprint("reviews", __name__, url_prefix="/enterprises/<int:enterprise_id>/records/<month>")
restatements.add_routes(blueprint)

#: What the page proposes; the reviewer may set another day.
ANSWER_WORKING_DAYS, AMEND_WORKING_DAYS = 3, 10


def _split(enterprise_id: int, month: str, section: str = "") -> SplitPage:
    file_id = request.args.get("file", "")
    with database().reading() as session:
        return split_page(
            session,
            actor(),
            enterprise_id,
            Month.parse(month),
            section=section or request.args.get("section", ""),
            cell=request.args.get("cell", "")[:80],
            file_id=int(file_id) if file_id.isdecimal() and len(file_id) < 10 else None,
        )


def _show(
    page: SplitPage, form: DecisionForm, failures: list[dict[str, Any]], status: int = 200
) -> ResponseReturnValue:
    return (
        render_template("reviews/split.html", page=page, form=form, failures=failures, **split_words(page)),
        status,
    )


def _to_split(enterprise_id: int, month: str, section: Section | None = None) -> ResponseReturnValue:
    wanted = section.value if section else None
    return redirect(url_for("reviews.split", enterprise_id=enterprise_id, month=month, section=wanted), 303)


@blueprint.get("/review")
@requires(Permission.RECORD_REVIEW)
def split(enterprise_id: int, month: str) -> ResponseReturnValue:
    """The version before its reviewer, one section at a time."""
    page = _split(enterprise_id, month)
    decision = None if page.tab.decision is Decision.UNDECIDED else page.tab.decision.value
    form = DecisionForm(
        data={"row_version": page.head.row_version, "decision": decision, "comment": page.tab.comment}
    )
    return _show(page, form, [])


@blueprint.post("/review/take")
@requires(Permission.RECORD_REVIEW)
def take(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Take a submitted month for review."""
    page = _split(enterprise_id, month)
    form = AcceptForm(request.form)
    done = attempt(
        form,
        lambda session: services.take_for_review(
            session, actor(), page.head.record_id, form.data["row_version"]
        ),
    )
    if done.ok:
        flash(gettext("已受理；审核时限自收到之日起算，企业答复问询期间不计"), "success")
        return _to_split(enterprise_id, month)
    return _show(page, DecisionForm(data={}), failure_lines(page.head, done.failures), 422)


@blueprint.post("/review/sections/<section>")
@requires(Permission.RECORD_REVIEW)
def decide(enterprise_id: int, month: str, section: str) -> ResponseReturnValue:
    """Keep the word on one section and go on to the next without one."""
    page = _split(enterprise_id, month, section)
    form = DecisionForm(request.form)
    done = attempt(
        form,
        lambda session: services.decide_section(
            session,
            actor(),
            page.head.record_id,
            form.data["row_version"],
            page.section,
            Decision(form.data["decision"]),
            form.text("comment"),
        ),
    )
    if not done.ok:
        return _show(page, form, failure_lines(page.head, done.failures), 422)
    flash(gettext("已记下对“%(section)s”的决定", section=section_label(page.section)), "success")
    return _to_split(enterprise_id, month, page.next_section or page.section)


@blueprint.route("/review/ask", methods=["GET", "POST"])
@requires(Permission.RECORD_REVIEW)
def ask(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Ask the enterprise; the clock stands still until it answers."""
    page = _split(enterprise_id, month)
    form = AskForm(
        request.form,
        data={
            "row_version": page.head.row_version,
            "section": page.section.value,
            "answer_due_on": working_day_after(today(), ANSWER_WORKING_DAYS),
        },
    )
    form.section.choices = [(tab.section.value, section_label(tab.section)) for tab in page.tabs]

    def act(session: Any) -> None:
        services.ask(
            session,
            actor(),
            page.head.record_id,
            form.data["row_version"],
            Section(form.data["section"]),
            form.text("body"),
            form.data["answer_due_on"],
        )

    return _act(page, form, act, "ask", gettext("已向企业提出问询，审核时限暂停计算"))


@blueprint.route("/review/return", methods=["GET", "POST"])
@requires(Permission.RECORD_REVIEW)
def send_back(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Say what will happen, then send the returned sections back."""
    page = _split(enterprise_id, month)
    form = ReturnForm(
        request.form,
        data={
            "row_version": page.head.row_version,
            "amend_due_on": working_day_after(today(), AMEND_WORKING_DAYS),
        },
    )

    def act(session: Any) -> None:
        services.return_for_amends(
            session,
            actor(),
            page.head.record_id,
            form.data["row_version"],
            form.data["amend_due_on"],
            form.text("reason"),
        )

    return _act(page, form, act, "return", gettext("已退回企业；只有退回的节可以修改，其余决定保留"))


@blueprint.route("/review/accept", methods=["GET", "POST"])
@requires(Permission.RECORD_REVIEW)
def accept(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Accept, or propose it to a second reviewer where the setting asks for one."""
    page = _split(enterprise_id, month)
    form = AcceptForm(request.form, data={"row_version": page.head.row_version})
    second = settings().require_countersign

    def act(session: Any) -> None:
        arguments = (session, actor(), page.head.record_id, form.data["row_version"], form.text("comment"))
        if second:
            services.propose_acceptance(*arguments)
        else:
            services.accept(*arguments, countersign_required=False)

    said = gettext("已提出接受，等待另一位审核人员复核") if second else gettext("已接受，这一版成为正式版本")
    return _act(page, form, act, "propose" if second else "accept", said)


@blueprint.route("/review/countersign", methods=["GET", "POST"])
@requires(Permission.RECORD_REVIEW)
def countersign(enterprise_id: int, month: str) -> ResponseReturnValue:
    """The second reviewer agrees or sends the proposal back."""
    page = _split(enterprise_id, month)
    form = CountersignForm(request.form, data={"row_version": page.head.row_version})

    def act(session: Any) -> None:
        verb = services.agree if form.data["verdict"] == "agree" else services.disagree
        verb(session, actor(), page.head.record_id, form.data["row_version"], form.text("comment"))

    return _act(page, form, act, "countersign", gettext("复核结论已记下"))


@blueprint.route("/review/release", methods=["GET", "POST"])
@requires(Permission.RECORD_REVIEW)
def release(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Lay the review back into the queue."""
    page = _split(enterprise_id, month)
    form = ReleaseForm(request.form, data={"row_version": page.head.row_version})

    def act(session: Any) -> None:
        services.release(session, actor(), page.head.record_id, form.data["row_version"], form.text("reason"))

    return _act(page, form, act, "release", gettext("已放回，等待另一位审核人员受理"))


@blueprint.route("/review/reassign", methods=["GET", "POST"])
@requires(Permission.RECORD_REVIEW)
def reassign(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Hand the review to a colleague."""
    page = _split(enterprise_id, month)
    form = ReassignForm(request.form, data={"row_version": page.head.row_version})
    with database().reading() as session:
        people = colleagues(session, enterprise_id)
    held = page.review.reviewer_id if page.review else 0
    form.reviewer.choices = [("", gettext("请选择"))] + [
        (str(person.id), f"{person.name}{gettext('（')}{person.organisation}{gettext('）')}")
        for person in people
        if person.id != held
    ]

    def act(session: Any) -> None:
        services.reassign(
            session, actor(), page.head.record_id, form.data["row_version"], int(form.data["reviewer"])
        )

    return _act(page, form, act, "reassign", gettext("审核已转交"))


def _act(page: SplitPage, form: BaseForm, act: Any, kind: str, said: str) -> ResponseReturnValue:
    """One page for each act: what will happen, the form, and what stands against it."""
    failures: list[dict[str, Any]] = []
    if request.method == "POST":
        done = attempt(form, act)
        if done.ok:
            flash(said, "success")
            return _to_split(page.head.enterprise_id, str(page.head.month))
        failures = failure_lines(page.head, done.failures)
    return (
        render_template(
            "reviews/act.html", page=page, form=form, kind=kind, failures=failures, **split_words(page)
        ),
        422 if request.method == "POST" else 200,
    )


@blueprint.get("/questions")
@requires(Permission.RECORD_VIEW)
def questions(enterprise_id: int, month: str) -> ResponseReturnValue:
    """The questions about a month and their answers."""
    page = _questions(enterprise_id, month)
    return _show_questions(page, AnswerForm(data={}))


@blueprint.post("/questions")
@requires(Permission.RECORD_EDIT)
def answer(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Answer the open question of this month."""
    page = _questions(enterprise_id, month)
    form = AnswerForm(CombinedMultiDict([request.files, request.form]))

    def act(session: Any) -> None:
        if form.data["question_id"] not in {question.id for question in page.questions}:
            raise NotFound
        services.answer(
            session,
            actor(),
            form.data["question_id"],
            form.text("answer"),
            uploads=_uploads(form, page.head.month),
            storage=storage(),
            most_bytes=settings().max_upload_bytes,
        )

    if attempt(form, act).ok:
        flash(gettext("答复已送出，审核时限继续计算"), "success")
        return redirect(url_for("reviews.questions", enterprise_id=enterprise_id, month=month), 303)
    return _show_questions(page, form), 422


def _show_questions(page: QuestionsPage, form: AnswerForm) -> str:
    return render_template(
        "reviews/questions.html",
        page=page,
        form=form,
        section_names=section_names(),
        most_mb=settings().max_upload_mb,
    )


def _uploads(form: AnswerForm, month: Month) -> list[Upload]:
    """The files given with an answer; they prove the month that was asked about."""
    files = [file for file in form.data["file"] or [] if file and file.filename]
    return [Upload(file.stream, file.filename or "", month.first, month.last) for file in files]


def _questions(enterprise_id: int, month: str) -> QuestionsPage:
    with database().reading() as session:
        return questions_page(session, actor(), enterprise_id, Month.parse(month))


@blueprint.get("/difference")
@requires(Permission.RECORD_VIEW)
def difference(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Two versions of a month side by side; without numbers the last two."""
    given = {name: request.args.get(name, "") for name in ("from", "to")}
    if not all(text.isdecimal() and len(text) < 6 for text in given.values()):
        raise Invalid(gettext("请在地址里写明要比较的两版，例如 from=1&to=2"), path="from")
    with database().reading() as session:
        page = difference_page(
            session, actor(), enterprise_id, Month.parse(month), int(given["from"]), int(given["to"])
        )
    everything = request.args.get("rows") == "all"
    return render_template(
        "reviews/difference.html", page=page, everything=everything, **difference_words(page)
    )
