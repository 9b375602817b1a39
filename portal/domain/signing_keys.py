"""What a key for seals is, and when one may be used."""

from enum import StrEnum

from portal.domain.errors import DomainError


class KeyKind(StrEnum):
    """Whose key it is."""

    #: Vouches for other keys; made by the portal itself, for tests and demonstrations.
    AUTHORITY = "authority"
    ORGANISATION = "organisation"


class KeyUnusable(DomainError):
    """The key is revoked, out of its time, or cannot be reached; nothing is sealed with it."""

    code = "key_unusable"


#: Name of the authority that this portal makes. It says itself that nobody has to trust it.
TEST_AUTHORITY = "TEST AUTHORITY - not trusted (测试签发机构)"
