"""The code on an issued document: drawn by chance, read by eye, typed by hand."""

import secrets

#: Digits and letters that are not mistaken for one another in print: without 0 1 and D I O.
ALPHABET = "23456789ABCEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 16  #: 31^16 codes: nobody finds one by trying
GROUP = 4
#: What is read into a printed code, although no code holds it, and what stands there in truth.
_MISREAD = str.maketrans("0OD1I", "QQQLL")


def new_code() -> str:
    """A code such as 7K2M-4QXF-9RWT-B3HE."""
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def read_code(text: str) -> str | None:
    """The code that somebody typed: dashes, blanks and small letters do not matter.

    0, O and D are read as Q, 1 and I as L, for no code holds them. None when it cannot be a code.
    """
    # Full-width letters come from a Chinese keyboard.
    narrow = "".join(chr(ord(sign) - 0xFEE0) if 0xFF01 <= ord(sign) <= 0xFF5E else sign for sign in text[:80])
    letters = "".join(sign for sign in narrow.upper() if sign.isascii() and sign.isalnum())
    letters = letters.translate(_MISREAD)
    if len(letters) != LENGTH or any(sign not in ALPHABET for sign in letters):
        return None
    return _grouped(letters)


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))
