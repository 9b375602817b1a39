"""What has changed between two runs over a month: newly failing, no longer failing, otherwise said."""

from collections.abc import Iterable
from dataclasses import dataclass

from checklists.model import Outcome

Key = tuple[str, str]  #: check id, subject


@dataclass(frozen=True)
class Changed:
    """One check and subject that two runs answered differently; None where one run had no answer."""

    check_id: str
    subject: str
    before: Outcome | None
    after: Outcome | None


@dataclass(frozen=True)
class Comparison:
    """The difference of two runs.

    ``newly_failed`` failed only in the second run, ``mended`` only in the first; ``changed`` were
    answered differently in another way: another result, other values, or another message.
    """

    newly_failed: tuple[Changed, ...]
    mended: tuple[Changed, ...]
    changed: tuple[Changed, ...]

    @property
    def same(self) -> bool:
        """Whether both runs said the same."""
        return not (self.newly_failed or self.mended or self.changed)


def compare_runs(before: Iterable[Outcome], after: Iterable[Outcome]) -> Comparison:
    """Compare two runs by check and subject, in the order of the second run."""
    old = {(outcome.check_id, outcome.subject): outcome for outcome in before}
    new = {(outcome.check_id, outcome.subject): outcome for outcome in after}
    keys = [*new, *(key for key in old if key not in new)]
    newly, mended, changed = [], [], []
    for key in keys:
        one = Changed(*key, old.get(key), new.get(key))
        if _failed(one.after) and not _failed(one.before):
            newly.append(one)
        elif _failed(one.before) and not _failed(one.after):
            mended.append(one)
        elif _told(one.before) != _told(one.after):
            changed.append(one)
    return Comparison(tuple(newly), tuple(mended), tuple(changed))


def _failed(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.outcome == "failed"


def _told(outcome: Outcome | None) -> object:
    return outcome and (outcome.outcome, outcome.message, outcome.missing, dict(outcome.values))
