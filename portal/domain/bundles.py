"""What a bundle is: everything of one enterprise and one period in one file that proves itself."""

import re
from datetime import timedelta
from enum import StrEnum

#: A bundle can be fetched for this long; afterwards another is made, with what is there then.
LIFE = timedelta(days=14)
#: Longest period of one bundle, in months.
LONGEST_PERIOD = 36


class BundleState(StrEnum):
    """Where a bundle stands."""

    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


class PartKind(StrEnum):
    """What a file in a bundle is."""

    DATA = "data"
    DOCUMENT = "document"
    EVIDENCE = "evidence"
    CHECKS = "checks"
    EVENTS = "events"
    PROOF = "proof"


#: What no file system or archive program may take for more than a letter of a name.
_UNSAFE = re.compile(r"[^\w.()（）-]+")
LONGEST_NAME = 100


def safe_name(text: str) -> str:
    """A file's own name within a folder of a bundle: no folder, no dots at its ends, no blanks.

    Whatever people called a file, its name in the archive leads nowhere else.
    """
    stem, dot, ending = _UNSAFE.sub("_", text).rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = stem + dot + ending, "", ""
    return f"{stem.strip('._')[:LONGEST_NAME] or 'file'}{dot}{ending}".rstrip("._")
