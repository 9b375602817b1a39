"""One small tree of errors, each with a stable ``code``.

A message is a Chinese message id with ``%(name)s`` places; the web layer translates
it and fills ``params`` in. Entry points map a class to a page, a JSON body or an exit code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from portal.domain.messages import N_


class DomainError(Exception):
    """Base of everything that the house refuses on purpose."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, params: Mapping[str, object] | None = None, path: str = "") -> None:
        """Keep the message id, the values put into it and the path of the value at fault."""
        super().__init__(message)
        self.message = message
        self.params: dict[str, object] = dict(params or {})
        self.path = path

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class Refused(DomainError):
    """The actor may see the thing but not do this with it."""

    code = "refused"


class NotFound(DomainError):
    """There is no such thing, or it is none of this actor's business; the two look alike."""

    code = "not_found"

    def __init__(self, message: str = N_("没有找到您要的内容"), **keywords: object) -> None:
        """Take the usual message unless a better one is given."""
        super().__init__(message, **keywords)  # type: ignore[arg-type]  # passed through as named


class Busy(DomainError):
    """The database does not answer or is held by others; the same request may succeed in a moment."""

    code = "busy"

    def __init__(self, message: str = N_("系统正忙，请过一会儿再试；您填的内容还在前一页上")) -> None:
        """Take the usual message unless a better one is given."""
        super().__init__(message)


class Conflict(DomainError):
    """Somebody else changed the row since it was read."""

    code = "conflict"

    def __init__(
        self,
        message: str = N_("这里刚被 %(who)s 于 %(when)s 改过，请比较后再保存"),
        *,
        params: Mapping[str, object] | None = None,
        path: str = "",
        current: object = None,
    ) -> None:
        """Also carry ``current``: what stands there now, so that a page can offer the choice."""
        super().__init__(message, params=params, path=path)
        self.current = current


class Invalid(DomainError):
    """A value that cannot be taken; ``path`` names its field."""

    code = "invalid"

    @property
    def field(self) -> str:
        """Name of the form field at fault."""
        return self.path


class InputError(DomainError):
    """A calculation's input is wrong; ``code`` is set for each kind of fault."""

    code = "invalid_input"

    def __init__(
        self, code: str, message: str, *, params: Mapping[str, object] | None = None, path: str = ""
    ) -> None:
        """Give the stable code of the fault beside its message and path."""
        super().__init__(message, params=params, path=path)
        self.code = code  # type: ignore[misc]  # one class, many stable codes


class PackError(DomainError):
    """A data pack is wrong; the message names file and key."""

    code = "pack"


@dataclass(frozen=True)
class Failure:
    """One reason why a move is not possible yet, with the place where it can be mended."""

    code: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)
    section: str = ""
    cell: str = ""

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class GuardFailed(DomainError):
    """A move was refused; all reasons are listed, not only the first."""

    code = "guard_failed"

    def __init__(self, failures: Sequence[Failure]) -> None:
        """Keep every failure."""
        super().__init__(N_("还不能这样做，请先处理下列事项"))
        self.failures = tuple(failures)

    def __str__(self) -> str:
        return f"{self.message}: " + "; ".join(str(failure) for failure in self.failures)
