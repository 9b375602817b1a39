"""Which files are taken as evidence, told by their content and not by their name."""

from portal.domain.errors import Invalid
from portal.domain.messages import N_

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CSV = "text/csv"

#: Media type → endings that a name may have.
ENDINGS = {
    PDF: ("pdf",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    XLSX: ("xlsx",),
    DOCX: ("docx",),
    CSV: ("csv",),
}
NAME_LENGTH = 200


def clean_filename(name: str) -> str:
    """The last part of a name, without control characters, at most 200 characters with its ending."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*').strip(" .")
    if len(kept) <= NAME_LENGTH:
        return kept or "file"
    stem, _, ending = kept.rpartition(".")
    return f"{stem[: NAME_LENGTH - len(ending) - 1]}.{ending}" if len(ending) < 10 else kept[:NAME_LENGTH]


def check_kind(filename: str, media_type: str | None) -> str:
    """The media type, when it is one that we take and the name does not lie about it; else Invalid."""
    if media_type is None or media_type not in ENDINGS:
        raise Invalid(N_("这种文件不收：请上传 PDF、JPG、PNG、XLSX、DOCX 或 CSV"), path="file")
    ending = filename.rpartition(".")[2].lower()
    if ending not in ENDINGS[media_type]:
        raise Invalid(
            N_("文件名以 .%(ending)s 结尾，内容却是 %(kind)s；请改正文件名或换一份文件"),
            params={"ending": ending[:20], "kind": ENDINGS[media_type][0].upper()},
            path="file",
        )
    return media_type


def looks_like_csv(head: bytes) -> bool:
    """Whether the first bytes are text (UTF-8 or GB 18030) with separators and no control characters."""
    if not head or b"\0" in head or not any(mark in head for mark in (b",", b"\t", b";")):
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = head.decode(encoding, errors="strict")
        except UnicodeDecodeError as error:
            if error.start < len(head) - 4:  # a character cut in two at the end of the sample is no fault
                continue
            text = head[: error.start].decode(encoding)
        return not any(ord(letter) < 32 and letter not in "\r\n\t" for letter in text)
    return False
