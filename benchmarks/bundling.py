"""A bundle of many files: made, fetched and verified, with the most memory that each step took."""

import hashlib
import os
import resource
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from portal.config import Settings
from portal.domain.access import OrganisationKind, Role
from portal.domain.bundles import BundleState
from portal.domain.periods import Month
from portal.models.bundles import Bundle
from portal.models.database import Database
from portal.models.evidence import Evidence
from portal.models.migrate import migrate
from portal.models.organisations import Organisation
from portal.models.users import User, UserRole
from portal.queries.access import actor_of
from portal.services.bundles import archive_of, build_bundle, request_bundle
from portal.storage import Storage, open_storage
from portal.verify_bundle import verify

CHUNK = 1024 * 1024
MONTH = Month(2026, 9)
Step = tuple[str, float, float]


def measured_bundle(files: int, megabytes: int) -> list[Step]:
    """Name, seconds and MB of each step; run it in a process of its own, whose memory it reads."""
    with tempfile.TemporaryDirectory(prefix="portal-benchmark-") as name:
        folder = Path(name)
        settings = Settings.from_env({"INSTANCE_DIR": str(folder)})
        database, storage = Database(settings.database_url), open_storage(settings.storage_url)
        migrate(database.engine)
        _fill(database, storage, files, megabytes * CHUNK // files)
        bundle_id = _ask(database)
        target = folder / "bundle.zip"
        steps: list[tuple[str, Callable[[], object]]] = [
            ("floor: every file read and summed", lambda: _sum(storage, database)),
            ("make", lambda: _build(database, storage, settings, bundle_id)),
            ("fetch", lambda: _fetch(database, storage, bundle_id, target)),
            ("verify", lambda: verify(str(target)).good),
        ]
        found = [_timed(name, step) for name, step in steps]
        database.engine.dispose()
    return found


def _timed(name: str, step: Callable[[], object]) -> Step:
    begun = time.perf_counter()
    step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return name, time.perf_counter() - begun, peak


def _fill(database: Database, storage: Storage, files: int, size: int) -> None:
    """An enterprise with an officer and many files, no two alike."""
    with database.writing() as session:
        enterprise = Organisation(
            kind=OrganisationKind.ENTERPRISE, name="示例", uscc="91330500MA28C4XX0E", district="330502"
        )
        officer = User(email="officer@example.test", name="示例", password_hash="", organisation=enterprise)
        officer.roles = [UserRole(role=Role.ENTERPRISE_OFFICER)]
        session.add_all([enterprise, officer])
        session.flush()
        for number in range(files):
            content = os.urandom(size)
            digest = hashlib.sha256(content).hexdigest()
            storage.put(f"evidence/{digest[:2]}/{digest}", content)
            session.add(
                Evidence(
                    enterprise_id=enterprise.id,
                    filename=f"示例台账-{number}.pdf",
                    media_type="application/pdf",
                    size=size,
                    sha256=digest,
                    storage_key=f"evidence/{digest[:2]}/{digest}",
                    period_from=MONTH.first,
                    period_to=MONTH.last,
                    uploaded_by_id=officer.id,
                )
            )


def _ask(database: Database) -> int:
    with database.writing() as session:
        officer = actor_of(session.scalars(sa.select(User)).one())
        assert officer.organisation_id is not None
        return request_bundle(session, officer, officer.organisation_id, str(MONTH), str(MONTH)).id


def _sum(storage: Storage, database: Database) -> None:
    with database.reading() as session:
        for key in session.scalars(sa.select(Evidence.storage_key)).all():
            digest, crc32 = hashlib.sha256(), 0
            with storage.open(key) as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
                    crc32 = zlib.crc32(chunk, crc32)


def _build(database: Database, storage: Storage, settings: Settings, bundle_id: int) -> None:
    """As many stints as it takes."""
    state = BundleState.BUILDING
    while state is BundleState.BUILDING:
        build_bundle(database, storage, settings, bundle_id)
        with database.reading() as session:
            state = session.get_one(Bundle, bundle_id).state


def _fetch(database: Database, storage: Storage, bundle_id: int, target: Path) -> None:
    with database.reading() as session, target.open("wb") as file:
        archive = archive_of(session, storage, bundle_id)
        buffer = bytearray(CHUNK // 4)
        while count := archive.readinto(buffer):
            file.write(memoryview(buffer)[:count])
