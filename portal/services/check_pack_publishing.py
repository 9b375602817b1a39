"""From a draft to a version in force: proposed by its author, published by another person, withdrawn."""

from sqlalchemy.orm import Session

from checklists.drafts import case_results, compile_text, lacks_cases, parse_pack
from portal.domain.access import Actor, Permission, Role, authorize
from portal.domain.check_packs import UNDER_WAY, PackAction, next_state
from portal.domain.errors import Failure, GuardFailed, Invalid, PackError
from portal.domain.messages import N_
from portal.domain.periods import Month, now, today
from portal.models.check_packs import PackVersion
from portal.queries.dry_runs import newest_dry_run, speaks_for
from portal.services.check_packs import SUBJECT, locked_version
from portal.services.events import record_event
from portal.services.notifications import notify, notify_roles


def propose(session: Session, actor: Actor, draft_id: int, expected_version: int) -> PackVersion:
    """Hand a draft to a second person; raises GuardFailed with everything that still stands in its way."""
    draft = locked_version(session, actor, Permission.CHECK_PACK_WRITE, draft_id, expected_version)
    state = next_state(draft.state, PackAction.PROPOSE)
    _hold(failures(session, draft))
    draft.state, draft.proposed_at, draft.proposed_by_id = state, now(), actor.user_id
    draft.updated_at, draft.updated_by_id, draft.return_comment = now(), actor.user_id, ""
    record_event(
        session,
        actor,
        "check_pack.proposed",
        SUBJECT,
        draft.id,
        after={"content_sha256": draft.content_sha256},
    )
    if actor.organisation_id is not None:
        notify_roles(
            session,
            actor.organisation_id,
            {Role.CITY_REGULATOR},
            N_("检查包 %(pack)s %(version)s 待发布，请复核"),
            {"pack": draft.pack_id, "version": draft.version},
            f"/check-packs/versions/{draft.id}",
        )
    return draft


def take_back(session: Session, actor: Actor, draft_id: int, expected_version: int) -> PackVersion:
    """Take a proposed version back to work on it."""
    draft = locked_version(session, actor, Permission.CHECK_PACK_WRITE, draft_id, expected_version)
    draft.state = next_state(draft.state, PackAction.TAKE_BACK)
    draft.proposed_at = draft.proposed_by_id = None
    draft.updated_at, draft.updated_by_id = now(), actor.user_id
    record_event(session, actor, "check_pack.taken_back", SUBJECT, draft.id)
    return draft


def send_back(
    session: Session, actor: Actor, draft_id: int, expected_version: int, comment: str
) -> PackVersion:
    """The second person does not agree and says why; raises Invalid without a comment."""
    draft = locked_version(session, actor, Permission.CHECK_PACK_PUBLISH, draft_id, expected_version)
    if not comment.strip():
        raise Invalid(N_("请写明要改什么"), path="comment")
    draft.state = next_state(draft.state, PackAction.SEND_BACK)
    proposer = draft.proposed_by_id or draft.author_id
    draft.return_comment = comment.strip()
    draft.proposed_at = draft.proposed_by_id = None
    draft.updated_at, draft.updated_by_id = now(), actor.user_id
    record_event(
        session, actor, "check_pack.sent_back", SUBJECT, draft.id, after={"comment": comment.strip()}
    )
    notify(
        session,
        [proposer],
        N_("检查包 %(pack)s %(version)s 被退回：%(comment)s"),
        {"pack": draft.pack_id, "version": draft.version, "comment": comment.strip()[:120]},
        f"/check-packs/versions/{draft.id}",
    )
    return draft


def publish(session: Session, actor: Actor, draft_id: int, expected_version: int) -> PackVersion:
    """Put a proposed version in force from its month on; nobody who has written it may.

    Raises GuardFailed with all reasons: a failing or missing case, a dry-run that is missing or
    stale, an author at the button, a month that has passed meanwhile.
    """
    draft = locked_version(session, actor, Permission.CHECK_PACK_PUBLISH, draft_id, expected_version)
    state = next_state(draft.state, PackAction.PUBLISH)
    _hold([*author_failures(actor, draft), *failures(session, draft)])
    draft.state, draft.published_at, draft.published_by_id = state, now(), actor.user_id
    draft.updated_at, draft.updated_by_id = now(), actor.user_id
    record_event(
        session,
        actor,
        "check_pack.published",
        SUBJECT,
        draft.id,
        after={
            "pack": draft.pack_id,
            "version": draft.version,
            "effective_from": draft.effective_from,
            "content_sha256": draft.content_sha256,
        },
    )
    return draft


def withdraw(
    session: Session, actor: Actor, version_id: int, expected_version: int, reason: str
) -> PackVersion:
    """Take a published version out of force; filed months keep it. Raises Invalid without a reason."""
    row = locked_version(session, actor, Permission.CHECK_PACK_PUBLISH, version_id, expected_version)
    if not reason.strip():
        raise Invalid(N_("请写明撤回的原因"), path="reason")
    row.state = next_state(row.state, PackAction.WITHDRAW)
    row.withdrawn_at, row.withdrawn_by_id, row.withdraw_reason = now(), actor.user_id, reason.strip()
    row.updated_at, row.updated_by_id = now(), actor.user_id
    record_event(session, actor, "check_pack.withdrawn", SUBJECT, row.id, after={"reason": reason.strip()})
    return row


def standing_in_the_way(session: Session, actor: Actor, version_id: int) -> list[Failure]:
    """Everything that keeps this person from publishing a version, for its page; none once it is decided."""
    authorize(actor, Permission.CHECK_PACK_VIEW)
    version = session.get_one(PackVersion, version_id)
    if version.state not in UNDER_WAY:
        return []
    return [*author_failures(actor, version), *failures(session, version)]


def author_failures(actor: Actor, version: PackVersion) -> list[Failure]:
    """That the person has written the version, if so."""
    writers = {*version.editor_ids, version.author_id, version.proposed_by_id}
    if actor.user_id not in writers:
        return []
    return [Failure("own_draft", N_("编写过这个版本的人不能发布它，须由另一人发布"))]


def failures(session: Session, version: PackVersion) -> list[Failure]:
    """What is wrong with the version itself, whoever publishes it."""
    found: list[Failure] = []
    try:
        pack = compile_text(version.content, lenient=True)
    except PackError as error:
        return [Failure("pack", error.message, error.params)]
    results = case_results(parse_pack(version.content))
    for check in pack.checks:
        if lacks_cases(check):
            found.append(
                Failure("no_case", N_("%(id)s 还没有一个应通过和一个应不通过的用例"), {"id": check.id})
            )
        found += [
            Failure(
                "case_failed", N_("%(id)s 的用例“%(name)s”没有通过"), {"id": check.id, "name": result.name}
            )
            for result in results[check.id]
            if result.problem
        ]
    if version.effective_from < str(Month.of(today()).previous()):
        found.append(
            Failure("month_passed", N_("起用月份 %(month)s 已过，请改"), {"month": version.effective_from})
        )
    run = newest_dry_run(session, version.id)
    if run is None:
        found.append(Failure("no_dry_run", N_("还没有在历史数据上试运行")))
    elif not speaks_for(run, version):
        found.append(Failure("stale_dry_run", N_("试运行没有完成，或之后草稿又改过，请再试运行一次")))
    return found


def _hold(reasons: list[Failure]) -> None:
    if reasons:
        raise GuardFailed(reasons)
