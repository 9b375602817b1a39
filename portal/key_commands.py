"""The commands ``portal keys``: a test authority, keys for seals, and checking what was sealed."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from portal.domain.errors import DomainError

if TYPE_CHECKING:
    from portal.config import Settings
    from portal.models.database import Database
    from portal.models.signing_keys import SigningKey
    from portal.services.signing_key_seals import SealState


@click.group()
def keys() -> None:
    """Keys that documents are sealed with (PAdES)."""


@keys.command("authority")
def authority() -> None:
    """Make the test authority. Nobody outside trusts it: it is for tests and demonstrations."""
    from portal.services.signing_keys import create_authority

    database, settings = _opened()
    try:
        with database.writing() as session:
            key = create_authority(session, settings.secret_key)
    except DomainError as error:
        _refuse(error)
    click.echo(_line(key))


@keys.command("issue")
@click.argument("uscc")
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--token", "token_uri", default="", help="Where an outside key lies, as pkcs11:token=…;object=…"
)
def issue(uscc: str, certificate: Path | None, token_uri: str) -> None:
    """Make a key for the organisation with credit code USCC, or enter one that lies in a token.

    Without options the test authority vouches for the new key. With --certificate FILE (PEM) and
    --token ADDRESS the key stays outside; see docs/operations.md.
    """
    from portal.services.signing_keys import issue_key, register_token

    if (certificate is None) != (not token_uri):
        raise click.UsageError("--certificate 与 --token 要一起给 · both or none")
    database, settings = _opened()
    try:
        with database.writing() as session:
            if certificate is None:
                key = issue_key(session, settings.secret_key, uscc)
            else:
                key = register_token(session, uscc, certificate.read_bytes(), token_uri)
    except DomainError as error:
        _refuse(error)
    click.echo(_line(key))


@keys.command("list")
@click.option("--pem", is_flag=True, help="Print the certificates too.")
def list_keys(pem: bool) -> None:
    """Every key that there ever was, one a line."""
    from portal.services.signing_keys import all_keys

    database, _ = _opened()
    with database.reading() as session:
        for key in all_keys(session):
            click.echo(_line(key))
            if pem:
                click.echo(key.certificate)


@keys.command("revoke")
@click.argument("fingerprint")
@click.option("--reason", required=True)
def revoke(fingerprint: str, reason: str) -> None:
    """Revoke the key whose fingerprint begins with FINGERPRINT."""
    from portal.services.signing_keys import revoke_key

    database, _ = _opened()
    try:
        with database.writing() as session:
            key = revoke_key(session, fingerprint, reason)
    except DomainError as error:
        _refuse(error)
    click.echo(_line(key))


@keys.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificate (PEM) of another authority; without it, this portal's test authority counts.",
)
def check(file: Path, trust: Path | None) -> None:
    """Check every signature in a PDF; exit status 1 unless all are good."""
    from portal.services.signing_key_seals import check_pdf, known_authorities
    from portal.services.signing_keys import find_key

    database, _ = _opened()
    authorities = known_authorities(database) if trust is None else [trust.read_text()]
    states = check_pdf(file.read_bytes(), authorities)
    good = bool(states)
    with database.reading() as session:
        for state in states:
            key = find_key(session, state.fingerprint)
            revoked = key is not None and key.revoked_at is not None
            good = good and state.good and not revoked
            click.echo(_told(state, revoked=revoked))
    if not states:
        click.echo("没有签名 · no signature")
    raise SystemExit(0 if good else 1)


def _told(state: "SealState", *, revoked: bool) -> str:
    words = (
        ("内容未改 intact" if state.intact else "内容已改 CHANGED"),
        ("全文 whole file" if state.whole else "签名后有追加 ADDED TO"),
        ("证书可信 trusted" if state.trusted else "证书不可信 NOT TRUSTED"),
        *(("密钥已吊销 REVOKED",) if revoked else ()),
        *(("带时间戳 time stamp",) if state.timestamped else ()),
    )
    return f"{state.field}  {state.fingerprint[:16]}  {state.subject}  {state.signed_at}  {'; '.join(words)}"


def _line(key: "SigningKey") -> str:
    from portal.services.signing_keys import is_usable

    state = "usable" if is_usable(key) else "revoked" if key.revoked_at else "out of time"
    place = "token" if key.token_uri else "here"
    times = f"{key.valid_from:%Y-%m-%d} – {key.valid_to:%Y-%m-%d}"
    return f"{key.fingerprint[:16]}  {key.kind.value:<12}  {state:<11}  {times}  {place}  {key.subject}"


def _opened() -> tuple["Database", "Settings"]:
    from portal.cli import load_settings
    from portal.models.database import Database

    settings = load_settings()
    return Database(settings.database_url), settings


def _refuse(error: DomainError) -> NoReturn:
    raise click.ClickException(str(error)) from error
