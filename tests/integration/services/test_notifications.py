"""Notices and mails, on both databases."""

import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.domain.access import Role
from portal.domain.errors import NotFound
from portal.models.database import Database
from portal.models.jobs import Job
from portal.models.notifications import Mail, Notification
from portal.models.users import User
from portal.queries.notifications import PER_PAGE, notice_page
from portal.services.mail import MailNotSent, queue_mail, send_mail
from portal.services.notifications import (
    is_own_path,
    mark_all_read,
    mark_read,
    notify,
    notify_roles,
)
from tests.factories.world import World
from tests.fixtures.application import settings_for


def test_each_person_is_told_once(database: Database, world: World) -> None:
    people = [world.officer.user_id, world.signatory.user_id, world.officer.user_id]
    with database.writing() as session:
        assert notify(session, people, "%(month)s 已退回", {"month": "2026-10"}, "/x", world.steel_id) == 2
    with database.reading() as session:
        page = notice_page(session, world.officer)
    assert (page.total, page.unread) == (1, 1)
    assert page.notices[0].params == {"month": "2026-10"}
    assert page.notices[0].enterprise == "示例钢铁有限公司"


def test_roles_are_told_without_who_did_it_and_who_left(database: Database, world: World) -> None:
    with database.writing() as session:
        session.get_one(User, world.second_regulator.user_id).active = False
    roles = {Role.DISTRICT_REGULATOR, Role.CITY_REGULATOR}
    with database.writing() as session:
        assert notify_roles(session, world.district_id, roles, "有新的登记") == 1
        mine = world.regulator.user_id
        assert notify_roles(session, world.district_id, roles, "有新的登记", except_user_id=mine) == 0


@pytest.mark.parametrize(
    "link",
    [
        "https://example.test/",
        "//example.test/",
        "/\\example.test",
        "javascript:alert(1)",
        "x",
        "/a\nb",
        "/\t/e.x",
    ],
)
def test_a_notice_leads_nowhere_else(database: Database, world: World, link: str) -> None:
    assert not is_own_path(link)
    with pytest.raises(ValueError, match="within the portal"), database.writing() as session:
        notify(session, [world.officer.user_id], "看", link=link)


def test_a_foreign_notice_cannot_be_read(database: Database, world: World) -> None:
    with database.writing() as session:
        notify(session, [world.officer.user_id], "一", link="/records")
        mine = session.scalars(sa.select(Notification.id)).one()
    with pytest.raises(NotFound), database.writing() as session:
        mark_read(session, world.stranger_officer, mine)
    with database.writing() as session:
        assert mark_read(session, world.officer, mine) == "/records"
        assert mark_all_read(session, world.stranger_officer) == 0


def test_the_list_is_paged_newest_first(database: Database, world: World) -> None:
    with database.writing() as session:
        for number in range(PER_PAGE + 2):
            notify(session, [world.officer.user_id], f"第{number}条")
    with database.reading() as session:
        first, second = notice_page(session, world.officer), notice_page(session, world.officer, 2)
    assert first.notices[0].text == f"第{PER_PAGE + 1}条"
    assert [notice.text for notice in second.notices] == ["第1条", "第0条"]
    with database.writing() as session:
        assert mark_all_read(session, world.officer) == PER_PAGE + 2
    with database.reading() as session:
        assert notice_page(session, world.officer, only_unread=True).notices == []


def test_a_mail_without_a_server_lies_in_the_outbox_and_goes_out_once(
    database: Database, tmp_path: Path
) -> None:
    settings = settings_for("sqlite:///unused.db", tmp_path)
    with database.writing() as session:
        mail_id = queue_mail(session, "a@example.test", "重设\r\nBcc: x@example.test", "链接：/x/\n").id
    with database.reading() as session:
        assert session.execute(sa.select(Job.kind, Job.subject_id)).one() == ("send_mail", mail_id)
    send_mail(database, settings, mail_id)
    (file,) = settings.outbox_dir.iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["Subject"] == "重设 Bcc: x@example.test"
    assert message["Bcc"] is None
    assert "链接：/x/" in file.read_text("utf-8")
    file.unlink()
    send_mail(database, settings, mail_id)
    assert list(settings.outbox_dir.iterdir()) == []


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    refuse = False
    taken: list[bytes]


class _Talk(socketserver.StreamRequestHandler):
    """As much SMTP as one mail needs."""

    server: _Server

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b""
                while (part := self.rfile.readline()) not in {b".\r\n", b""}:
                    text += part
                self.server.taken.append(text)
            if word == b"RCPT" and self.server.refuse:
                self.wfile.write(b"550 nobody\r\n")
            else:
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Talk) as made:
        made.taken = []
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def test_a_mail_goes_to_the_server_once(database: Database, tmp_path: Path, server: _Server) -> None:
    url = f"smtp://127.0.0.1:{server.server_address[1]}"
    settings = settings_for("sqlite:///unused.db", tmp_path, SMTP_URL=url, MAIL_FROM="portal@example.test")
    with database.writing() as session:
        mail_id = queue_mail(session, "a@example.test", "重设密码", "链接：/x/").id
    send_mail(database, settings, mail_id)
    send_mail(database, settings, mail_id)
    (taken,) = server.taken
    message = message_from_bytes(taken, policy=policy.default)
    assert (message["From"], message["To"]) == ("portal@example.test", "a@example.test")
    assert message.get_content().strip() == "链接：/x/"


def test_a_refused_mail_stays_unsent_and_says_so(database: Database, tmp_path: Path, server: _Server) -> None:
    server.refuse = True
    url = f"smtp://127.0.0.1:{server.server_address[1]}"
    settings = settings_for("sqlite:///unused.db", tmp_path, SMTP_URL=url)
    with database.writing() as session:
        mail_id = queue_mail(session, "a@example.test", "重设密码", "链接：/x/").id
    with pytest.raises(MailNotSent):
        send_mail(database, settings, mail_id)
    with database.reading() as session:
        assert session.get_one(Mail, mail_id).sent_at is None
