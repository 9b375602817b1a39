"""Check a bundle of the portal, with Python 3.9 or newer and nothing else.

    python verify_bundle.py BUNDLE.zip [--certificate FINGERPRINT]

It says of every file whether it is whole, changed, missing or was added, whether the chain of events is
unbroken, and whether the manifest was signed. Exit status: 0 all is whole, 1 something is not, 2 this is no
bundle. A signature shows that the manifest is as the holder of the certificate signed it; whose certificate
that is, the fingerprint tells: compare it with one that you got another way, or give it with --certificate.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

SCHEMA = "carbon-steward/bundle/1"
MANIFEST, SIGNATURE, EVENTS = "manifest.json", "manifest.p7s", "events/events.jsonl"
MOST_MANIFEST = 64 * 1024 * 1024
CHUNK = 1024 * 1024
#: Object identifiers in DER: signed data, the attribute message digest, SHA-256, RSA, RSA with SHA-256, CN.
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
SHA_256 = bytes.fromhex("608648016503040201")
RSA = (bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01010b"))
COMMON_NAME = bytes.fromhex("550403")
#: What stands before a SHA-256 hash in an RSA signature (RFC 8017, section 9.2).
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_SAFE = re.compile(r"(?![A-Za-z]:)[^/\\\x00-\x1f][^\\\x00-\x1f]*")


class NoBundleError(Exception):
    """The file cannot be read as a bundle."""


class SignatureError(Exception):
    """The signature does not fit the manifest, or cannot be read."""


@dataclass
class Report:
    """What was found."""

    whole: int = 0
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    #: Faults of the chain of events.
    chain: list[str] = field(default_factory=list)
    #: good, none, bad or other
    signature: str = "none"
    signer: str = ""
    fingerprint: str = ""
    #: Files that could not be put in when the bundle was made; the manifest names them.
    unavailable: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong. A bundle that nobody signed can be whole too."""
        faults = self.changed or self.missing or self.added or self.chain
        return not faults and self.signature in ("good", "none")


def verify(path: str) -> Report:
    """Compare every file of the archive with the manifest; raises NoBundleError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _verified(archive)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise NoBundleError(str(error)) from error


def _verified(archive: zipfile.ZipFile) -> Report:
    names = Counter(info.filename for info in archive.infolist())
    raw = _manifest_bytes(archive, names)
    manifest = _manifest(raw)
    report = Report(unavailable=[str(entry.get("path", "")) for entry in manifest.get("unavailable", [])])
    listed = {str(entry["path"]): entry for entry in manifest["files"]}
    known = {*listed, MANIFEST, *([SIGNATURE] if manifest.get("signature") else [])}
    report.missing = sorted(known - set(names))
    report.added = sorted(name for name, times in names.items() if name not in known or times > 1)
    report.added += sorted(name for name in known if not _is_safe(name))
    for name in sorted(set(listed) & set(names)):
        entry = listed[name]
        if _digest(archive, name) == (entry["size"], entry["sha256"]):
            report.whole += 1
        else:
            report.changed.append(name)
    if EVENTS in listed and EVENTS in names and EVENTS not in report.changed:
        report.chain = _chain_faults(archive)
    if SIGNATURE in names and manifest.get("signature"):
        with archive.open(SIGNATURE) as file:
            _check_signature(report, raw, file.read(CHUNK), manifest["signature"])
    return report


def _manifest_bytes(archive: zipfile.ZipFile, names: Counter[str]) -> bytes:
    if names[MANIFEST] != 1:
        raise NoBundleError("there is no manifest.json, or more than one")
    if archive.getinfo(MANIFEST).file_size > MOST_MANIFEST:
        raise NoBundleError("manifest.json is too large")
    return archive.read(MANIFEST)


def _manifest(raw: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(raw)
        entries = [(entry["path"], entry["sha256"], entry["size"]) for entry in manifest["files"]]
        if manifest["schema"] != SCHEMA:
            raise NoBundleError(f"unknown kind of bundle: {manifest['schema']}")
    except (ValueError, KeyError, TypeError) as error:
        raise NoBundleError(f"manifest.json cannot be read: {error!r}") from error
    if len({path for path, _, _ in entries}) != len(entries):
        raise NoBundleError("manifest.json names a file twice")
    return dict(manifest)


def _is_safe(name: str) -> bool:
    """Whether the name stays in the folder into which somebody unpacks."""
    return _SAFE.fullmatch(name) is not None and not {"..", ".", ""} & set(name.split("/"))


def _digest(archive: zipfile.ZipFile, name: str) -> tuple[int, str]:
    """Size and SHA-256 of a file; of what can be read when its own check sum is wrong."""
    size, digest = 0, hashlib.sha256()
    try:
        with archive.open(name) as file:
            while chunk := file.read(CHUNK):
                size += len(chunk)
                digest.update(chunk)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError):
        return -1, ""
    return size, digest.hexdigest()


def _chain_faults(archive: zipfile.ZipFile) -> list[str]:
    """Each event that does not follow the one before it, or whose content does not give its hash."""
    found, expected, previous = [], 1, ""
    with archive.open(EVENTS) as file:
        for number, line in enumerate(file, 1):
            try:
                event = json.loads(line)
                if (event["sequence"], event["previous_hash"]) != (expected, previous):
                    found.append(f"event {event['sequence']} does not follow {expected - 1}")
                expected, previous = event["sequence"] + 1, event.pop("hash")
                # Without the right to read the trace a bundle holds only the hashes.
                if "action" in event and _canonical_hash(event) != previous:
                    found.append(f"event {event['sequence']} was altered")
            except (ValueError, KeyError, TypeError, AttributeError):
                found.append(f"line {number} cannot be read")
    return found


def _canonical_hash(event: dict[str, Any]) -> str:
    text = json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _check_signature(report: Report, manifest: bytes, signature: bytes, told: dict[str, Any]) -> None:
    try:
        report.signer, report.fingerprint = check_signature(manifest, signature)
        report.signature = "good" if report.fingerprint == told.get("certificate_sha256") else "bad"
    except NotImplementedError:
        report.signature = "other"
    except (SignatureError, IndexError, ValueError):
        report.signature = "bad"


@dataclass
class Node:
    """One element of DER: its tag, its content, and all of its bytes."""

    tag: int
    body: bytes
    whole: bytes

    def parts(self) -> list[Node]:
        """The elements within."""
        found, rest = [], self.body
        while rest:
            node = read_der(rest)
            found.append(node)
            rest = rest[len(node.whole) :]
        return found


def read_der(data: bytes) -> Node:
    """The first element; raises SignatureError when the bytes end too early."""
    if len(data) < 2:
        raise SignatureError("the signature ends too early")
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) < start + length:
        raise SignatureError("the signature ends too early")
    return Node(data[0], data[start : start + length], data[: start + length])


def check_signature(manifest: bytes, signature: bytes) -> tuple[str, str]:
    """Check a detached CMS signature (RFC 5652) by RSA and SHA-256; gives signer's name and fingerprint.

    Raises SignatureError when it does not fit, NotImplementedError for another algorithm.
    """
    kind, wrapped = read_der(signature).parts()
    if kind.body != SIGNED_DATA:
        raise SignatureError("no signed data")
    data = wrapped.parts()[0].parts()
    certificates = next((node.parts() for node in data if node.tag == 0xA0), [])
    signer = data[-1].parts()[0].parts()
    issuer, serial = signer[1].parts()
    attributes, algorithm, value = signer[3], signer[4].parts()[0].body, signer[5].body
    if signer[2].parts()[0].body != SHA_256 or algorithm not in RSA:
        raise NotImplementedError
    if _attribute(attributes, MESSAGE_DIGEST) != hashlib.sha256(manifest).digest():
        raise SignatureError("the manifest is not the one that was signed")
    for certificate in certificates:
        body = certificate.parts()[0].parts()
        if (body[1].body, body[3].whole) == (serial.body, issuer.whole):
            signed = b"\x31" + attributes.whole[1:]
            _check_rsa(body[6], signed, value)
            return _common_name(body[5]), hashlib.sha256(certificate.whole).hexdigest()
    raise SignatureError("the signer's certificate is not there")


def _attribute(attributes: Node, wanted: bytes) -> bytes | None:
    for attribute in attributes.parts():
        kind, values = attribute.parts()
        if kind.body == wanted:
            return values.parts()[0].body
    return None


def _check_rsa(public_key: Node, signed: bytes, value: bytes) -> None:
    """RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2.2)."""
    algorithm, bits = public_key.parts()
    if algorithm.parts()[0].body != RSA[0]:
        raise NotImplementedError
    modulus, exponent = (int.from_bytes(node.body, "big") for node in read_der(bits.body[1:]).parts())
    length = (modulus.bit_length() + 7) // 8
    tail = DIGEST_INFO + hashlib.sha256(signed).digest()
    expected = b"\0\1" + b"\xff" * (length - len(tail) - 3) + b"\0" + tail
    if pow(int.from_bytes(value, "big"), exponent, modulus).to_bytes(length, "big") != expected:
        raise SignatureError("the signature does not fit")


def _common_name(name: Node) -> str:
    for part in name.parts():
        kind, text = part.parts()[0].parts()
        if kind.body == COMMON_NAME:
            return text.body.decode("utf-8", "replace")
    return ""


def lines_of(report: Report) -> Iterator[str]:
    """The report as lines."""
    for word, names in (
        ("已改 changed", report.changed),
        ("缺少 missing", report.missing),
        ("多出 added", report.added),
        ("制包时缺失 could not be included", report.unavailable),
        ("事件链 event chain", report.chain),
    ):
        for name in names:
            yield f"{word}: {_printable(name)}"
    yield {
        "good": f"签名有效 signature good: {_printable(report.signer)} {report.fingerprint}",
        "none": "清单没有签名，清单本身被改看不出来 NOT SIGNED: a changed manifest cannot be told",
        "bad": "签名无效 SIGNATURE DOES NOT FIT",
        "other": "签名算法不是 RSA/SHA-256，请用其他程序核验 signed by another algorithm, not checked here",
    }[report.signature]
    state = "完整 whole" if report.good else "不完整 NOT WHOLE"
    yield f"{state}: {report.whole} files as listed"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def exit_status(report: Report, certificate: str = "") -> int:
    """0 when all is whole, and signed with ``certificate`` where that is given; otherwise 1."""
    wanted = certificate.lower().replace(":", "")
    signed = not wanted or (report.signature == "good" and report.fingerprint == wanted)
    return 0 if report.good and signed else 1


def run(path: str, certificate: str, out: BinaryIO) -> int:
    """Check a file, write what was found as UTF-8, give the exit status."""
    try:
        report = verify(path)
    except NoBundleError as error:
        out.write(f"这不是资料包 this is no bundle: {error}\n".encode())
        return 2
    status = exit_status(report, certificate)
    lines = list(lines_of(report))
    if status and report.good:
        lines.append("不是用给定的证书签名的 NOT SIGNED with the certificate given")
    out.write("".join(f"{line}\n" for line in lines).encode())
    return status


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description="Check a bundle of the portal.")
    parser.add_argument("file")
    parser.add_argument("--certificate", default="", help="SHA-256 fingerprint that the signer must have")
    arguments = parser.parse_args()
    return run(arguments.file, arguments.certificate, sys.stdout.buffer)


if __name__ == "__main__":
    sys.exit(main())
