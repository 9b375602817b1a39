"""Tables, one file an aggregate. Importing this package makes the whole metadata known."""

from portal.models import (
    documents,
    engagements,
    evaluations,
    events,
    evidence,
    findings,
    jobs,
    meters,
    notifications,
    organisations,
    plans,
    records,
    registrations,
    reviews,
    triggers,
    users,
)
from portal.models.base import Base

__all__ = [
    "Base",
    "documents",
    "engagements",
    "evaluations",
    "events",
    "evidence",
    "findings",
    "jobs",
    "meters",
    "notifications",
    "organisations",
    "plans",
    "records",
    "registrations",
    "reviews",
    "triggers",
    "users",
]
