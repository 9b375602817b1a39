"""Mails: written down with the change that they tell of, sent by a job afterwards."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.errors import DomainError
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.models.database import Database
from portal.models.notifications import Mail
from portal.services.jobs import request_job

SMTP_SECONDS = 20


class MailNotSent(DomainError):
    """The mail server could not be reached or refused; the job may be tried again."""

    code = "mail_not_sent"


def queue_mail(session: Session, recipient: str, subject: str, body: str) -> Mail:
    """Write the mail down and ask for it to be sent once the use case is committed.

    ``subject`` and ``body`` are finished plain text in the recipient's language.
    """
    one_line = " ".join(subject.split())
    mail = Mail(recipient=recipient, subject=one_line[:200], body=body)
    session.add(mail)
    session.flush()
    request_job(session, "send_mail", mail.id, actor=None)
    return mail


def send_mail(database: Database, settings: Settings, mail_id: int) -> None:
    """Send a mail that was not sent yet, by SMTP or, without a server, into the outbox folder.

    No transaction is open while the server is spoken to: a slow one would hold up every writer. The
    job row sees to it that one worker sends at a time; a mail that went out is marked and stays sent.
    Raises MailNotSent when the server refuses or cannot be reached.
    """
    with database.reading() as session:
        mail = session.get(Mail, mail_id)
    if mail is None or mail.sent_at is not None:
        return
    if settings.smtp_url:
        _transmit(_message(mail, settings, "base64"), settings.smtp_url)
    else:
        _lay_out(_message(mail, settings, "8bit"), settings.outbox_dir, mail.id)
    with database.writing() as session:
        session.execute(
            sa.update(Mail).where(Mail.id == mail_id, Mail.sent_at.is_(None)).values(sent_at=now())
        )


def _message(mail: Mail, settings: Settings, encoding: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    domain = urlsplit(settings.public_url).hostname or "localhost"
    message["Message-ID"] = f"<mail-{mail.id}@{domain}>"  # the same when a mail goes out twice
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, cte=encoding)
    return message


def _lay_out(message: EmailMessage, folder: Path, mail_id: int) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"mail-{mail_id:06d}.eml").write_bytes(bytes(message))


def _transmit(message: EmailMessage, url: str) -> None:
    address = urlsplit(url)
    host, user, password = address.hostname or "", address.username, address.password
    try:
        with _connect(address.scheme, host, address.port) as server:
            if user:
                server.login(unquote(user), unquote(password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        reason = type(error).__name__  # the server's own words may repeat the password
        raise MailNotSent(N_("邮件没有发出：%(reason)s"), params={"reason": reason}) from error


def _connect(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    """Connect over TLS, or upgrade to it when the server offers that."""
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=SMTP_SECONDS, context=context)
    server = smtplib.SMTP(host, port or 25, timeout=SMTP_SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    return server
