"""The moves that a registration, an engagement, a plan, a month and a finding can make.

Each table maps (state, action) to a Step; nothing else moves a state. Guards are named here
and run, all of them, by the service that applies the step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.domain.access import Permission
from portal.domain.errors import Refused
from portal.domain.messages import N_


class Section(StrEnum):
    """The parts of a month, in the order in which they are shown."""

    ENERGY = "energy"
    PROCESS = "process"
    POWER_HEAT = "power_heat"
    OUTPUT = "output"
    POLLUTANTS = "pollutants"
    OTHER = "other"
    EVIDENCE = "evidence"


class RecordState(StrEnum):
    """Where a month stands."""

    NOT_STARTED = "not_started"
    DRAFT = "draft"
    READY_FOR_SIGNOFF = "ready_for_signoff"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    PENDING_COUNTERSIGN = "pending_countersign"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    RESTATEMENT_REQUESTED = "restatement_requested"
    NOT_REQUIRED = "not_required"


class RecordAction(StrEnum):
    """What can be done with a month."""

    START = "start"
    SAVE = "save"
    EVALUATE = "evaluate"
    MARK_READY = "mark_ready"
    REOPEN = "reopen"
    SIGN = "sign"
    RECALL = "recall"
    TAKE = "take"
    RELEASE = "release"
    REASSIGN = "reassign"
    ASK = "ask"
    ANSWER = "answer"
    DECIDE_SECTION = "decide_section"
    RETURN = "return"
    AMEND = "amend"
    PROPOSE_ACCEPTANCE = "propose_acceptance"
    ACCEPT = "accept"
    AGREE = "agree"
    DISAGREE = "disagree"
    REQUEST_RESTATEMENT = "request_restatement"
    GRANT_RESTATEMENT = "grant_restatement"
    REFUSE_RESTATEMENT = "refuse_restatement"
    EXEMPT = "exempt"
    REQUIRE = "require"


class Guard(StrEnum):
    """Conditions of a step; each is one function in the service that applies it."""

    EVALUATED_ON_THIS_DATA = "evaluated_on_this_data"
    NO_BLOCKING_FINDING = "no_blocking_finding"
    EXPLANATIONS_GIVEN = "explanations_given"
    SECTIONS_COMPLETE = "sections_complete"
    EVIDENCE_PRESENT = "evidence_present"
    STATEMENTS_AGREED = "statements_agreed"
    NOT_TAKEN = "not_taken"
    REASON_GIVEN = "reason_given"
    ALL_SECTIONS_DECIDED = "all_sections_decided"
    ALL_SECTIONS_ACCEPTED = "all_sections_accepted"
    A_SECTION_RETURNED = "a_section_returned"
    NO_OPEN_QUESTION = "no_open_question"
    RETURNED_SECTIONS_ANSWERED = "returned_sections_answered"
    IS_ASSIGNEE = "is_assignee"
    IS_NOT_PROPOSER = "is_not_proposer"
    NO_REVIEW_BLOCKING_FINDING = "no_review_blocking_finding"


@dataclass(frozen=True)
class Step:
    """Where a move leads, which permission it takes and what must hold."""

    to: StrEnum
    permission: Permission
    guards: tuple[Guard, ...] = ()


S, A, G, P = RecordState, RecordAction, Guard, Permission
_READY = (
    G.EVALUATED_ON_THIS_DATA,
    G.NO_BLOCKING_FINDING,
    G.EXPLANATIONS_GIVEN,
    G.SECTIONS_COMPLETE,
    G.EVIDENCE_PRESENT,
    G.RETURNED_SECTIONS_ANSWERED,
)

#: The only table of a month's moves.
TRANSITIONS: Mapping[tuple[RecordState, RecordAction], Step] = {
    (S.NOT_STARTED, A.START): Step(S.DRAFT, P.RECORD_EDIT),
    (S.NOT_STARTED, A.EXEMPT): Step(S.NOT_REQUIRED, P.RECORD_REVIEW, (G.REASON_GIVEN,)),
    (S.NOT_REQUIRED, A.REQUIRE): Step(S.NOT_STARTED, P.RECORD_REVIEW, (G.REASON_GIVEN,)),
    (S.DRAFT, A.SAVE): Step(S.DRAFT, P.RECORD_EDIT),
    (S.DRAFT, A.EVALUATE): Step(S.DRAFT, P.RECORD_EDIT),
    (S.DRAFT, A.MARK_READY): Step(S.READY_FOR_SIGNOFF, P.RECORD_EDIT, _READY),
    (S.READY_FOR_SIGNOFF, A.REOPEN): Step(S.DRAFT, P.RECORD_VIEW, (G.REASON_GIVEN,)),
    (S.READY_FOR_SIGNOFF, A.SIGN): Step(S.SUBMITTED, P.RECORD_SIGN, (*_READY, G.STATEMENTS_AGREED)),
    (S.SUBMITTED, A.RECALL): Step(S.DRAFT, P.RECORD_SIGN, (G.NOT_TAKEN, G.REASON_GIVEN)),
    (S.SUBMITTED, A.TAKE): Step(S.UNDER_REVIEW, P.RECORD_REVIEW),
    (S.UNDER_REVIEW, A.RELEASE): Step(
        S.SUBMITTED, P.RECORD_REVIEW, (G.IS_ASSIGNEE, G.NO_OPEN_QUESTION, G.REASON_GIVEN)
    ),
    **{
        (state, A.REASSIGN): Step(state, P.RECORD_REVIEW) for state in (S.UNDER_REVIEW, S.PENDING_COUNTERSIGN)
    },
    (S.UNDER_REVIEW, A.ASK): Step(S.UNDER_REVIEW, P.RECORD_REVIEW, (G.IS_ASSIGNEE, G.NO_OPEN_QUESTION)),
    (S.UNDER_REVIEW, A.ANSWER): Step(S.UNDER_REVIEW, P.RECORD_EDIT),
    (S.UNDER_REVIEW, A.DECIDE_SECTION): Step(S.UNDER_REVIEW, P.RECORD_REVIEW, (G.IS_ASSIGNEE,)),
    (S.UNDER_REVIEW, A.RETURN): Step(
        S.RETURNED,
        P.RECORD_REVIEW,
        (G.IS_ASSIGNEE, G.ALL_SECTIONS_DECIDED, G.A_SECTION_RETURNED, G.NO_OPEN_QUESTION),
    ),
    (S.RETURNED, A.AMEND): Step(S.DRAFT, P.RECORD_EDIT),
    (S.UNDER_REVIEW, A.PROPOSE_ACCEPTANCE): Step(
        S.PENDING_COUNTERSIGN,
        P.RECORD_REVIEW,
        (G.IS_ASSIGNEE, G.ALL_SECTIONS_ACCEPTED, G.NO_OPEN_QUESTION, G.NO_REVIEW_BLOCKING_FINDING),
    ),
    (S.UNDER_REVIEW, A.ACCEPT): Step(
        S.ACCEPTED,
        P.RECORD_REVIEW,
        (G.IS_ASSIGNEE, G.ALL_SECTIONS_ACCEPTED, G.NO_OPEN_QUESTION, G.NO_REVIEW_BLOCKING_FINDING),
    ),
    (S.PENDING_COUNTERSIGN, A.AGREE): Step(S.ACCEPTED, P.RECORD_REVIEW, (G.IS_NOT_PROPOSER,)),
    (S.PENDING_COUNTERSIGN, A.DISAGREE): Step(
        S.UNDER_REVIEW, P.RECORD_REVIEW, (G.IS_NOT_PROPOSER, G.REASON_GIVEN)
    ),
    (S.ACCEPTED, A.REQUEST_RESTATEMENT): Step(S.RESTATEMENT_REQUESTED, P.RECORD_RESTATE, (G.REASON_GIVEN,)),
    (S.RESTATEMENT_REQUESTED, A.GRANT_RESTATEMENT): Step(S.DRAFT, P.RECORD_REVIEW),
    (S.RESTATEMENT_REQUESTED, A.REFUSE_RESTATEMENT): Step(S.ACCEPTED, P.RECORD_REVIEW, (G.REASON_GIVEN,)),
}


def next_step(state: RecordState, action: RecordAction) -> Step:
    """The step for ``action`` from ``state``; raises Refused when the table has none."""
    step = TRANSITIONS.get((state, action))
    if step is None:
        raise Refused(
            N_("这份月度记录现在不能这样做（状态：%(state)s）"), params={"state": state.value}, path="state"
        )
    return step


class VersionKind(StrEnum):
    """Why a version of a month exists."""

    ORIGINAL = "original"
    AMENDMENT = "amendment"
    RESTATEMENT = "restatement"


class VersionStanding(StrEnum):
    """What became of a version of a month."""

    WORKING = "working"
    SUBMITTED = "submitted"
    RECALLED = "recalled"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"


class Decision(StrEnum):
    """A reviewer's word on a section."""

    UNDECIDED = "undecided"
    ACCEPT = "accept"
    RETURN = "return"


class PlanState(StrEnum):
    """Where a version of a quality-control plan stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


class RegistrationState(StrEnum):
    """Where a registration stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class EngagementState(StrEnum):
    """Where an engagement stands; whether it is in force also depends on its dates."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DECLINED = "declined"
    ENDED = "ended"


class Severity(StrEnum):
    """What a failed check does to signing."""

    BLOCKING = "blocking"
    EXPLAIN = "explain"
    NOTE = "note"


class FindingState(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    RESPONDED = "responded"
    RETURNED = "returned"
    EXPLAINED = "explained"
    WAIVER_ASKED = "waiver_asked"
    WAIVED = "waived"
    CLOSED = "closed"


#: Findings in these states still wait for somebody.
UNSETTLED_FINDINGS = frozenset(
    {FindingState.OPEN, FindingState.RESPONDED, FindingState.RETURNED, FindingState.WAIVER_ASKED}
)


class FindingAction(StrEnum):
    """What can be done with a finding."""

    RESPOND = "respond"
    EXPLAIN = "explain"
    RETURN = "return"
    CLOSE = "close"
    CLOSE_BY_CHECK = "close_by_check"
    ASK_WAIVER = "ask_waiver"
    REFUSE_WAIVER = "refuse_waiver"
    WAIVE = "waive"
    END_WAIVER = "end_waiver"
    DISMISS = "dismiss"
    REOPEN = "reopen"
    CONFIRM_LOOK_BACK = "confirm_look_back"
    FAIL_LOOK_BACK = "fail_look_back"


@dataclass(frozen=True)
class FindingMove:
    """Where an act leads a finding and which permission it takes; None: only the portal itself does it."""

    to: FindingState
    permission: Permission | None


F, D = FindingState, FindingAction
_RESPOND, _CLOSE, _WAIVE = P.FINDING_RESPOND, P.FINDING_CLOSE, P.FINDING_WAIVE

#: The only table of a finding's moves.
FINDING_TRANSITIONS: Mapping[tuple[FindingState, FindingAction], FindingMove] = {
    **{
        (state, action): FindingMove(to, _RESPOND)
        for state in (F.OPEN, F.RETURNED, F.RESPONDED, F.EXPLAINED, F.WAIVER_ASKED)
        for action, to in ((D.RESPOND, F.RESPONDED), (D.EXPLAIN, F.EXPLAINED))
    },
    **{
        (state, action): FindingMove(to, _CLOSE)
        for state in (F.RESPONDED, F.EXPLAINED)
        for action, to in ((D.RETURN, F.RETURNED), (D.CLOSE, F.CLOSED))
    },
    **{
        (state, D.ASK_WAIVER): FindingMove(F.WAIVER_ASKED, _RESPOND)
        for state in (F.OPEN, F.RETURNED, F.RESPONDED)
    },
    **{
        (state, action): FindingMove(to, permission)
        for state in F
        if state is not F.CLOSED
        for action, to, permission in (
            (D.WAIVE, F.WAIVED, _WAIVE),
            (D.DISMISS, F.CLOSED, _CLOSE),
            (D.CLOSE_BY_CHECK, F.CLOSED, None),
        )
    },
    (F.WAIVER_ASKED, D.REFUSE_WAIVER): FindingMove(F.OPEN, _WAIVE),
    (F.WAIVED, D.END_WAIVER): FindingMove(F.OPEN, None),
    (F.CLOSED, D.REOPEN): FindingMove(F.OPEN, None),
    (F.EXPLAINED, D.REOPEN): FindingMove(F.OPEN, None),
    (F.CLOSED, D.CONFIRM_LOOK_BACK): FindingMove(F.CLOSED, _CLOSE),
    (F.CLOSED, D.FAIL_LOOK_BACK): FindingMove(F.OPEN, _CLOSE),
}


def next_finding_state(state: FindingState, action: FindingAction) -> FindingState:
    """Where ``action`` leads a finding from ``state``; raises Refused when the table has no such move."""
    move = FINDING_TRANSITIONS.get((state, action))
    if move is None:
        raise Refused(
            N_("这项差距现在不能这样做（状态：%(state)s）"), params={"state": state.value}, path="state"
        )
    return move.to


class ClosedAs(StrEnum):
    """Why a finding is closed."""

    MENDED = "mended"
    FALSE_ALARM = "false_alarm"


class FindingSource(StrEnum):
    """Where a finding came from."""

    CHECK = "check"
    REVIEW = "review"
    VISIT = "visit"
    PATTERN = "pattern"


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Acquisition(StrEnum):
    """How a value is obtained: 实测, 计算, 设计, 缺省."""

    MEASURED = "measured"
    CALCULATED = "calculated"
    DESIGN = "design"
    DEFAULT = "default"
