"""Preparing a dossier: beginning it, answering, calling it complete, taking it back, renewing it."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission, Role
from portal.domain.dossiers import DossierAction, DossierState, Standing, period_of
from portal.domain.errors import Failure, GuardFailed, Invalid, Refused
from portal.domain.messages import N_
from portal.domain.periods import Month, now
from portal.dossiers.source import Answer
from portal.models.dossiers import Dossier, DossierBase, DossierSource
from portal.models.organisations import Organisation
from portal.models.products import Product, ProductSystem
from portal.queries.access import require
from portal.queries.dossier_checks import check_contents
from portal.queries.dossier_lines import dossier_lines
from portal.queries.dossier_sources import gather
from portal.reference.dossiers import DossierKind, load_kind
from portal.services.dossier_answers import read_answers
from portal.services.dossier_moves import (
    SUBJECT,
    check_step,
    dossier_path,
    keep_new_dossier,
    locked_dossier,
    move_dossier,
    named,
)
from portal.services.events import record_event
from portal.services.notifications import notify_roles

#: Columns that are blank in a draft.
_OF_A_SIGNATURE = (
    "content",
    "content_sha256",
    "signed_at",
    "signed_by_id",
    "completed_at",
    "completed_by_id",
)
LONGEST_SUBJECT = 60
LONGEST_REASON = 1000
#: How long a span of each kind is, in months; a period is as long as it says.
_LENGTHS = {"year": 12, "quarter": 3, "month": 1}
#: An issued document on which another may rest.
GOOD = frozenset({Standing.VALID, Standing.EXPIRING})


def create_dossier(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    kind: str,
    subject: str,
    *,
    product_id: int | None = None,
    base_ids: Collection[int] = (),
    period: str = "",
) -> Dossier:
    """Begin a dossier of a kind.

    ``subject`` is the span (2026, 2026-Q3, 2026-10, 2026-01/2026-06) or the event's name. A product is
    named by ``product_id``, and its span by ``period`` (or ``subject``; that of its newest system when both
    are blank). ``base_ids`` are dossiers on whose documents it rests. Raises NotFound, Refused, or Invalid
    (subject, period, product, bases), also when there is one already.
    """
    require(session, actor, Permission.DOSSIER_EDIT, enterprise_id)
    # Two people who begin the same one at the same moment come one after the other.
    session.execute(
        sa.select(Organisation.id).where(Organisation.id == enterprise_id).with_for_update(key_share=True)
    )
    known = load_kind(kind)
    words, first, last = _subject(session, known, enterprise_id, subject, product_id, period)
    _check_new(session, enterprise_id, known, words)
    dossier = Dossier(
        enterprise_id=enterprise_id,
        kind=kind,
        subject=words,
        first_month=str(first) if first else None,
        last_month=str(last) if last else None,
        product_id=product_id if known.subject == "product" else None,
        answers={},
        changed_by_id=actor.user_id,
    )
    keep_new_dossier(session, dossier)
    _keep_bases(session, dossier, base_ids)
    _trace(session, actor, dossier, "dossier.created", {"kind": kind, "subject": words, "bases": base_ids})
    return dossier


def save_answers(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    dossier_id: int,
    expected_version: int,
    answers: Mapping[str, Answer],
) -> Dossier:
    """Keep the answers that are given; the others stay as they are.

    Raises Invalid with the path of what is wrong, Conflict when somebody else was faster, Refused when it
    is no draft any more.
    """
    dossier = locked_dossier(session, actor, Permission.DOSSIER_EDIT, enterprise_id, dossier_id)
    check_step(actor, dossier, DossierAction.SAVE)
    read = read_answers(load_kind(dossier.kind), answers)
    changed = {key: answer for key, answer in read.items() if dossier.answers.get(key, "") != answer}
    before = {key: dossier.answers.get(key, "") for key in changed}
    if not changed and dossier.row_version == expected_version:
        return dossier
    move_dossier(
        session,
        actor,
        dossier,
        DossierAction.SAVE,
        expected_version,
        # A new mapping: a change inside the old one would go unseen.
        changes={"answers": {**dossier.answers, **changed}},
        before=before,
        after=changed,
    )
    return dossier


def choose_bases(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    dossier_id: int,
    expected_version: int,
    base_ids: Collection[int],
) -> Dossier:
    """Say anew on which documents a draft rests; raises Invalid (bases) for one that does not hold."""
    dossier = locked_dossier(session, actor, Permission.DOSSIER_EDIT, enterprise_id, dossier_id)
    check_step(actor, dossier, DossierAction.SAVE)
    move_dossier(
        session,
        actor,
        dossier,
        DossierAction.SAVE,
        expected_version,
        before={"bases": bases_of(session, dossier.id)},
        after={"bases": sorted(base_ids)},
    )
    session.execute(sa.delete(DossierBase).where(DossierBase.dossier_id == dossier.id))
    _keep_bases(session, dossier, base_ids)
    return dossier


def complete_dossier(
    session: Session, actor: Actor, enterprise_id: int, dossier_id: int, expected_version: int
) -> Dossier:
    """Call a draft complete and hand it to the signatory; raises GuardFailed with all that is missing."""
    dossier = locked_dossier(session, actor, Permission.DOSSIER_EDIT, enterprise_id, dossier_id)
    check_step(actor, dossier, DossierAction.COMPLETE)
    check_complete(session, dossier)
    move_dossier(
        session,
        actor,
        dossier,
        DossierAction.COMPLETE,
        expected_version,
        changes={"completed_at": now(), "completed_by_id": actor.user_id, "review_comment": ""},
    )
    notify_roles(
        session,
        enterprise_id,
        {Role.ENTERPRISE_SIGNATORY},
        N_("%(title)s（%(subject)s）已备齐，待您签署"),
        named(dossier),
        dossier_path(dossier),
        enterprise_id,
    )
    return dossier


def check_bases(session: Session, dossier: Dossier) -> None:
    """Raise GuardFailed when a document that the dossier rests on does not hold any more."""
    lines = dossier_lines(session, Dossier.id.in_(bases_of(session, dossier.id)))
    failures = [
        Failure(
            "base_not_valid",
            N_("所依据的%(title)s（%(subject)s）已失效、过期或被替代，请改用有效的版本"),
            {"title": line.kind.title, "subject": line.subject},
        )
        for line in lines
        if line.issued is None or line.issued.standing not in GOOD
    ]
    if failures:
        raise GuardFailed(failures)


def check_complete(session: Session, dossier: Dossier) -> None:
    """Raise GuardFailed with every reason why the dossier is not complete as things are now."""
    check = check_contents(gather(session, dossier))
    if not check.passed:
        raise GuardFailed(check.failures)


def reopen_dossier(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    dossier_id: int,
    expected_version: int,
    reason: str,
) -> Dossier:
    """Take it back to work, by who prepares or who signs; a signature that it bears is void then.

    Raises Invalid without a reason, Refused once it is submitted.
    """
    dossier = locked_dossier(session, actor, Permission.DOCUMENT_VIEW, enterprise_id, dossier_id)
    if not (actor.may(Permission.DOSSIER_EDIT) or actor.may(Permission.DOSSIER_SIGN)):
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
    words = needed_words(reason, "reason")
    take_back(session, actor, dossier, DossierAction.REOPEN, expected_version, words)
    return dossier


def take_back(
    session: Session,
    actor: Actor,
    dossier: Dossier,
    action: DossierAction,
    expected_version: int,
    comment: str,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Make a locked dossier a draft again: what was frozen and its sources go, the event keeps the hash."""
    move_dossier(
        session,
        actor,
        dossier,
        action,
        expected_version,
        changes={**dict.fromkeys(_OF_A_SIGNATURE), **(changes or {})},
        before={"sha256": dossier.content_sha256 or ""},
        after={"comment": comment},
    )
    # Only now: sources stand still as long as their dossier is signed.
    session.execute(sa.delete(DossierSource).where(DossierSource.dossier_id == dossier.id))


def new_edition(session: Session, actor: Actor, enterprise_id: int, dossier_id: int) -> Dossier:
    """Begin the next edition of an issued dossier, with its answers; the old one holds until this is issued.

    Raises Refused when it is not issued, Invalid when the next edition is begun already.
    """
    old = locked_dossier(session, actor, Permission.DOSSIER_EDIT, enterprise_id, dossier_id)
    if old.state is not DossierState.ISSUED:
        raise Refused(N_("签发之后才能编制新版；现在可以直接修改这一版"))
    if session.scalar(sa.select(Dossier.id).where(Dossier.replaces_id == old.id)) is not None:
        raise Invalid(N_("这份材料的新版已经在编制"), path="edition")
    dossier = Dossier(
        enterprise_id=enterprise_id,
        kind=old.kind,
        subject=old.subject,
        first_month=old.first_month,
        last_month=old.last_month,
        product_id=old.product_id,
        edition=old.edition + 1,
        replaces_id=old.id,
        answers=dict(old.answers),
        changed_by_id=actor.user_id,
    )
    keep_new_dossier(session, dossier)
    session.add_all(
        DossierBase(dossier_id=dossier.id, base_id=_newest_edition(session, base_id))
        for base_id in bases_of(session, old.id)
    )
    session.flush()
    _trace(session, actor, dossier, "dossier.edition_begun", {"replaces": old.id, "edition": dossier.edition})
    return dossier


def bases_of(session: Session, dossier_id: int) -> list[int]:
    """Ids of the dossiers that one rests on."""
    return list(
        session.scalars(
            sa.select(DossierBase.base_id)
            .where(DossierBase.dossier_id == dossier_id)
            .order_by(DossierBase.base_id)
        )
    )


def needed_words(text: str, path: str) -> str:
    """A reason or remark; raises Invalid when it is blank or too long."""
    words = text.replace("\0", "").strip()
    if not words:
        raise Invalid(N_("请写明理由"), path=path)
    if len(words) > LONGEST_REASON:
        raise Invalid(N_("说明最多 %(most)s 字"), params={"most": LONGEST_REASON}, path=path)
    return words


def _subject(
    session: Session,
    kind: DossierKind,
    enterprise_id: int,
    subject: str,
    product_id: int | None,
    period: str,
) -> tuple[str, Month | None, Month | None]:
    """The subject's words and the span of months behind it."""
    words = " ".join(subject.replace("\0", "").split())
    if kind.subject == "product":
        return _product(session, enterprise_id, product_id, period.strip() or words)
    if kind.subject == "event":
        if not words or len(words) > LONGEST_SUBJECT:
            raise Invalid(
                N_("请写明是什么事项，最多 %(most)s 字"), params={"most": LONGEST_SUBJECT}, path="subject"
            )
        return words, None, None
    if kind.named and len(words) > LONGEST_SUBJECT:
        raise Invalid(N_("最多 %(most)s 字"), params={"most": LONGEST_SUBJECT}, path="subject")
    first, last = period_of(words.partition(" ")[0] if kind.named else words)
    if kind.subject in _LENGTHS and first.plus(_LENGTHS[kind.subject] - 1) != last:
        raise Invalid(N_("期间的长短与这类材料不符"), path="subject")
    return words, first, last


def _product(
    session: Session, enterprise_id: int, product_id: int | None, period: str
) -> tuple[str, Month | None, Month | None]:
    product = session.get(Product, product_id) if product_id is not None else None
    if product is None or product.enterprise_id != enterprise_id:
        raise Invalid(N_("请选择一个产品"), path="product_id")
    name = f"{product.name} {product.model}".strip()
    if period:
        first, last = period_of(period)
        return f"{name[:90]} {period}", first, last
    system = session.scalar(
        sa.select(ProductSystem)
        .where(ProductSystem.product_id == product.id)
        .order_by(ProductSystem.number.desc())
        .limit(1)
    )
    if system is None:
        return name[:100], None, None
    span = f"{system.first_month}/{system.last_month}"
    return f"{name[:90]} {span}", Month.parse(system.first_month), Month.parse(system.last_month)


def _check_new(session: Session, enterprise_id: int, kind: DossierKind, subject: str) -> None:
    held = session.scalar(
        sa.select(Dossier.id).where(
            Dossier.enterprise_id == enterprise_id, Dossier.kind == kind.id, Dossier.subject == subject
        )
    )
    if held is not None:
        raise Invalid(N_("这份材料已经有了；要更新请编制新版"), path="subject")


def _keep_bases(session: Session, dossier: Dossier, base_ids: Collection[int]) -> None:
    good = {
        line.id
        for line in dossier_lines(
            session, Dossier.enterprise_id == dossier.enterprise_id, Dossier.id.in_(list(base_ids))
        )
        if line.kind.id in load_kind(dossier.kind).bases
        and line.issued is not None
        and line.issued.standing in GOOD
    }
    for base_id in set(base_ids):
        if base_id not in good:
            raise Invalid(N_("所依据的文件没有签发或已不再有效"), path="bases")
        session.add(DossierBase(dossier_id=dossier.id, base_id=base_id))
    session.flush()


def _newest_edition(session: Session, dossier_id: int) -> int:
    """The newest issued edition that followed a dossier, or itself."""
    newest, following = dossier_id, sa.select(Dossier.id, Dossier.state)
    while True:
        row = session.execute(following.where(Dossier.replaces_id == newest)).one_or_none()
        if row is None or row[1] is not DossierState.ISSUED:
            return newest
        newest = row[0]


def _trace(session: Session, actor: Actor, dossier: Dossier, action: str, after: Mapping[str, Any]) -> None:
    record_event(
        session, actor, action, SUBJECT, dossier.id, enterprise_id=dossier.enterprise_id, after=after
    )
