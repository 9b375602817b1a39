"""Doing what a form asks for: the service's refusals come back to the page that has the form."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext

from forms.base import BaseForm
from portal.domain.errors import Failure, GuardFailed, Invalid
from portal.domain.workflow import Section
from portal.extensions import database
from portal.queries.records import RecordHead
from portal.web.labels import SECTIONS
from portal.web.terms import filled


class Attempt(NamedTuple):
    """Whether it was done, and what stands against it."""

    ok: bool
    failures: tuple[Failure, ...] = ()


def attempt(form: BaseForm, act: Callable[[Any], object]) -> Attempt:
    """Validate the form and act in one transaction.

    Invalid goes to its field, the failures of a guard come back; every other refusal has its own page.
    """
    if not form.validate():
        return Attempt(ok=False)
    try:
        with database().writing() as session:
            act(session)
    except Invalid as error:
        form.refuse(error)
        return Attempt(ok=False)
    except GuardFailed as error:
        return Attempt(ok=False, failures=error.failures)
    return Attempt(ok=True)


def failure_lines(head: RecordHead, failures: Sequence[Failure]) -> list[dict[str, Any]]:
    """Each reason in the reader's language, with the section where it can be mended."""
    return [
        {
            "text": failure_text(failure),
            "section": gettext(SECTIONS[Section(failure.section)]) if failure.section else "",
            "url": url_for(
                "reviews.split",
                enterprise_id=head.enterprise_id,
                month=str(head.month),
                section=failure.section,
            )
            if failure.section
            else "",
        }
        for failure in failures
    ]


def failure_text(failure: Failure) -> str:
    """One reason in the reader's language."""
    return filled(failure.message, failure.params)
