"""Bundles: everything of a client and a period, piece by piece, in a file that proves itself."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from portal.bundle_commands import bundle as bundle_command
from portal.config import Settings
from portal.domain.bundles import LIFE, BundleState
from portal.domain.errors import Conflict, Invalid, NotFound
from portal.domain.periods import now
from portal.domain.workflow import JobState
from portal.models.bundles import Bundle, BundlePart
from portal.models.database import Database
from portal.models.evidence import Evidence
from portal.models.jobs import Job
from portal.queries.bundles import bundles_page, find_bundle
from portal.services import signing_key_material
from portal.services.bundles import build_bundle, open_bundle, request_bundle, retry_bundle
from portal.services.jobs import finish_job
from portal.services.signing_keys import create_authority, issue_key, revoke_key
from portal.storage import Storage, StorageError, open_storage
from portal.verify_bundle import verify
from tests.factories.months import pdf
from tests.factories.world import World
from tests.fixtures.application import settings_for
from tests.fixtures.databases import lend_database
from tests.fixtures.reviewing import MONTH, Reviewing

VERIFIER = Path(__file__).resolve().parents[3] / "scripts" / "verify_bundle.py"
USCC = "91330500MA28C4XX0E"
PERIOD = (str(MONTH), str(MONTH))


@dataclass
class Bench:
    """A submitted month whose evidence lies in a store."""

    database: Database
    storage: Storage
    settings: Settings
    world: World

    def ask(self) -> int:
        """The signatory asks for the month's bundle; returns its id."""
        with self.database.writing() as session:
            return request_bundle(session, self.world.signatory, self.world.steel_id, *PERIOD).id

    def build(self, bundle_id: int, seconds: float = 60) -> None:
        """One job's work, and the job's end."""
        build_bundle(self.database, self.storage, self.settings, bundle_id, seconds=seconds)

    def fetch(self, bundle_id: int, target: Path) -> Path:
        """The archive as the signatory gets it."""
        with self.database.reading() as session:
            _, archive = open_bundle(
                session, self.storage, self.world.signatory, self.world.steel_id, bundle_id
            )
            target.write_bytes(io.BufferedReader(archive).read())
        return target

    def state(self, bundle_id: int) -> str:
        """Where the bundle stands for the signatory."""
        with self.database.reading() as session:
            return find_bundle(session, self.world.signatory, self.world.steel_id, bundle_id).state


@pytest.fixture
def bench(reviewing_sqlite: tuple[Path, World, int], tmp_path: Path) -> Iterator[Bench]:
    """The bench on SQLite, where the kind of database does not matter."""
    shutil.copy(reviewing_sqlite[0], tmp_path / "reviewing.db")
    database = lend_database(f"sqlite:///{tmp_path / 'reviewing.db'}")
    yield make_bench(database, reviewing_sqlite[1], tmp_path)
    database.engine.dispose()


@pytest.fixture
def any_bench(reviewing: Reviewing, tmp_path: Path) -> Bench:
    """The bench on each kind of database in turn."""
    return make_bench(reviewing.database, reviewing.world, tmp_path)


def make_bench(database: Database, world: World, folder: Path) -> Bench:
    storage = open_storage((folder / "store").as_uri())
    with database.reading() as session:
        for key in session.scalars(sa.select(Evidence.storage_key)):
            storage.put(key, pdf(f"ledger {MONTH}"))
    settings = settings_for(database.engine.url.render_as_string(hide_password=False), folder)
    return Bench(database, storage, settings, world)


@pytest.fixture
def sealed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> str:
    """Fingerprint of a key of the steel works."""
    monkeypatch.setattr(signing_key_material, "BITS", 2048)
    return make_key(bench)


def make_key(bench: Bench) -> str:
    with bench.database.writing() as session:
        create_authority(session, bench.settings.secret_key)
        return issue_key(session, bench.settings.secret_key, USCC).fingerprint


@pytest.fixture(scope="module")
def made(reviewing_sqlite: tuple[Path, World, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed bundle in a file, made once."""
    folder = tmp_path_factory.mktemp("bundle")
    shutil.copy(reviewing_sqlite[0], folder / "reviewing.db")
    database = Database(f"sqlite:///{folder / 'reviewing.db'}")
    bench = make_bench(database, reviewing_sqlite[1], folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing_key_material, "BITS", 2048)
        make_key(bench)
    bundle_id = bench.ask()
    bench.build(bundle_id)
    path = bench.fetch(bundle_id, folder / "bundle.zip")
    database.engine.dispose()
    return path


def standalone(path: Path, *options: str) -> tuple[int, str]:
    """What the single file says, run by a Python that sees none of our packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER.resolve()), str(path), *options],
        capture_output=True,
        check=False,
        cwd="/",
    )
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def rewritten(path: Path, target: Path, **changes: bytes | None) -> Path:
    """A copy in which files were changed (bytes), taken out (None) or added; manifest.json stays."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for info in source.infolist():
            content = changes.pop(info.filename, source.read(info))
            if content is not None:
                copy.writestr(info, content)
        for name, content in changes.items():
            copy.writestr(name, content or b"")
    return target


def test_a_bundle_holds_everything_and_both_verifiers_find_it_whole(
    made: Path,
) -> None:
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        record = json.loads(archive.read("data/2026-09/V1/record.json"))
        checks = json.loads(archive.read("checks/2026-09/V1.json"))
        events = [json.loads(line) for line in archive.read("events/events.jsonl").splitlines()]
        assert archive.read("verify_bundle.py") == VERIFIER.read_bytes()
        assert archive.read("data/2026-09/V1/values.xlsx").startswith(b"PK")
        evidence = [name for name in names if name.startswith("evidence/")]
        assert archive.read(evidence[0]) == pdf(f"ledger {MONTH}").getvalue()
    assert {"README.txt", "manifest.p7s", "checks/findings.json", "data/2026-09/V1/calculation.xlsx"} <= names
    assert record["calculation"]["total"] == "1214057.49"
    assert checks["passed"] == record["evaluation"]["passed"]
    assert {"passed"} < {result["outcome"] for result in checks["results"]}
    assert events[0]["action"]
    assert manifest["enterprise"]["uscc"] == USCC
    sealed = manifest["signature"]["certificate_sha256"]
    report = verify(str(made))
    assert report.good
    assert (report.signature, report.fingerprint, report.whole) == ("good", sealed, len(names) - 2)
    assert standalone(made)[0] == 0
    assert CliRunner().invoke(bundle_command, ["verify", str(made)]).exit_code == 0
    assert standalone(made, "--certificate", "00" * 32)[0] == 1


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        ("changed", {"data/2026-09/V1/record.json": b"{}"}),
        ("missing", {"checks/findings.json": None}),
        ("added", {"evidence/more.pdf": b"%PDF"}),
        ("added", {"../../outside.txt": b"out"}),
        ("missing", {"manifest.p7s": None}),
        ("DOES NOT FIT", {"manifest.p7s": b"0\x03\x02\x01\x05"}),
    ],
)
def test_both_verifiers_tell_what_is_not_as_it_was(
    made: Path, word: str, changes: dict[str, bytes | None], tmp_path: Path
) -> None:
    touched = rewritten(made, tmp_path / "touched.zip", **changes)
    status, told = standalone(touched)
    assert (status, word in told) == (1, True), told
    assert next(iter(changes)) in told or word == "DOES NOT FIT"
    result = CliRunner().invoke(bundle_command, ["verify", str(touched)])
    assert (result.exit_code, result.output) == (1, told)


def test_a_manifest_that_was_written_anew_does_not_fit_its_signature(made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["enterprise"]["name"] = "另一家"
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    status, told = standalone(rewritten(made, tmp_path / "anew.zip", **{"manifest.json": text.encode()}))
    assert (status, "SIGNATURE DOES NOT FIT" in told) == (1, True)


def test_a_flipped_bit_anywhere_in_the_archive_is_found(made: Path, tmp_path: Path) -> None:
    content = made.read_bytes()
    with zipfile.ZipFile(made) as archive:
        places = [info.header_offset + 80 + len(info.filename.encode()) for info in archive.infolist()]
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1
        (tmp_path / "flipped.zip").write_bytes(changed)
        assert standalone(tmp_path / "flipped.zip")[0] in {1, 2}, place


def test_what_is_no_bundle_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no archive")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("manifest.json", b'{"schema": "other", "files": []}')
    for name in ("a.zip", "b.zip", "absent.zip"):
        assert standalone(tmp_path / name)[0] == 2


def test_openssl_agrees_with_the_signature(made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        for name in ("manifest.json", "manifest.p7s"):
            (tmp_path / name).write_bytes(archive.read(name))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "manifest.p7s"]
    command += ["-content", "manifest.json", "-noverify", "-out", "/dev/null"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_worker_that_dies_leaves_nothing_to_be_seen_and_the_next_goes_on(
    any_bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = any_bench
    bundle_id = bench.ask()
    bench.build(bundle_id, seconds=0)
    assert bench.state(bundle_id) == "building"
    with pytest.raises(NotFound):
        bench.fetch(bundle_id, tmp_path / "half.zip")
    with bench.database.reading() as session:
        jobs = session.scalars(sa.select(Job).where(Job.kind == "build_bundle", Job.subject_id == bundle_id))
        assert [job.state for job in jobs] == [JobState.QUEUED, JobState.QUEUED]  # one hands over to the next
        done = sa.select(BundlePart.id, BundlePart.storage_key).where(BundlePart.crc32.is_not(None))
        first = dict(session.execute(done).all())
    assert len(first) == 1
    # The second worker is killed while it writes: the transaction of its parts never ends.
    monkeypatch.setattr("portal.services.bundles._some", _killed)
    with pytest.raises(KeyboardInterrupt):
        bench.build(bundle_id)
    monkeypatch.undo()
    assert bench.state(bundle_id) == "building"
    bench.build(bundle_id)
    with bench.database.reading() as session:
        kept = dict(session.execute(done).all())
    assert first.items() <= kept.items()
    assert verify(str(bench.fetch(bundle_id, tmp_path / "whole.zip"))).good


def _killed(*arguments: object) -> None:
    raise KeyboardInterrupt


def test_building_twice_makes_one_bundle(bench: Bench) -> None:
    bundle_id = bench.ask()
    bench.build(bundle_id)
    bench.build(bundle_id)
    with bench.database.reading() as session:
        manifests = sa.select(sa.func.count(BundlePart.id)).where(BundlePart.name == "manifest.json")
        assert session.scalar(manifests) == 1


def test_without_a_key_the_bundle_says_that_nobody_signed_it(bench: Bench, tmp_path: Path) -> None:
    bundle_id = bench.ask()
    bench.build(bundle_id)
    path = bench.fetch(bundle_id, tmp_path / "bundle.zip")
    report = verify(str(path))
    assert (report.good, report.signature) == (True, "none")
    status, told = standalone(path)
    assert (status, "NOT SIGNED" in told) == (0, True)
    assert standalone(path, "--certificate", "00" * 32)[0] == 1


def test_a_revoked_key_stops_the_bundle_with_a_word_and_it_can_go_on_with_another(
    bench: Bench, sealed: str, tmp_path: Path
) -> None:
    bundle_id = bench.ask()
    with bench.database.writing() as session:
        revoke_key(session, sealed, "试验")
    with pytest.raises(Exception, match="吊销"):
        bench.build(bundle_id)
    assert bench.state(bundle_id) == "failed"
    with bench.database.writing() as session:
        assert "吊销" in session.get_one(Bundle, bundle_id).problem
        issue_key(session, bench.settings.secret_key, USCC)
        for job in session.scalars(sa.select(Job)):
            finish_job(session, job.id)
    with bench.database.writing() as session:
        retry_bundle(session, bench.world.signatory, bench.world.steel_id, bundle_id)
    bench.build(bundle_id)
    assert verify(str(bench.fetch(bundle_id, tmp_path / "bundle.zip"))).signature == "good"


def test_evidence_that_the_store_lost_or_changed_is_left_out_and_named(bench: Bench, tmp_path: Path) -> None:
    with bench.database.reading() as session:
        key = session.scalars(sa.select(Evidence.storage_key)).first()
    assert key is not None
    (tmp_path / "store" / key).write_bytes(b"other bytes")
    bundle_id = bench.ask()
    bench.build(bundle_id)
    report = verify(str(bench.fetch(bundle_id, tmp_path / "bundle.zip")))
    assert report.good
    assert len(report.unavailable) == 1
    with bench.database.reading() as session:
        line = find_bundle(session, bench.world.signatory, bench.world.steel_id, bundle_id)
    assert line.unavailable == 1


def test_a_store_that_fails_stops_the_bundle_with_a_word(bench: Bench) -> None:
    class Failing:
        def open(self, key: str) -> io.BytesIO:
            raise StorageError(key)

        def put(self, key: str, data: object) -> int:
            raise StorageError(key)

    bundle_id = bench.ask()
    with pytest.raises(StorageError):
        build_bundle(bench.database, Failing(), bench.settings, bundle_id)  # type: ignore[arg-type]
    assert bench.state(bundle_id) == "failed"


def test_one_bundle_of_an_enterprise_at_a_time(any_bench: Bench) -> None:
    bench = any_bench
    first = bench.ask()
    with pytest.raises(Conflict):
        bench.ask()
    with bench.database.writing() as session:
        job = session.scalars(sa.select(Job).where(Job.subject_id == first, Job.kind == "build_bundle")).one()
        finish_job(session, job.id, "worker_died")
    assert bench.state(first) == "failed"
    second = bench.ask()
    assert bench.state(second) == "building"
    with bench.database.reading() as session:
        assert session.get_one(Bundle, first).state is BundleState.FAILED


def test_a_bundle_runs_out(bench: Bench, tmp_path: Path) -> None:
    bundle_id = bench.ask()
    bench.build(bundle_id)
    with bench.database.writing() as session:
        session.get_one(Bundle, bundle_id).expires_at = now() - LIFE
    assert bench.state(bundle_id) == "expired"
    with pytest.raises(NotFound):
        bench.fetch(bundle_id, tmp_path / "late.zip")


@pytest.mark.parametrize("period", [("2026-10", "2026-09"), ("2020-01", "2026-09"), ("2026-13", "2026-09")])
def test_a_period_that_cannot_be_is_refused(bench: Bench, period: tuple[str, str]) -> None:
    with bench.database.writing() as session, pytest.raises(Invalid):
        request_bundle(session, bench.world.signatory, bench.world.steel_id, *period)


def test_strangers_see_no_bundle_and_the_trace_stays_with_who_may_read_it(
    bench: Bench, tmp_path: Path
) -> None:
    world, bundle_id = bench.world, bench.ask()
    bench.build(bundle_id)
    with bench.database.reading() as session:
        for actor in (world.stranger_officer, world.other_steward, world.other_regulator):
            with pytest.raises(NotFound):
                bundles_page(session, actor, world.steel_id)
        # Another organisation with its own business there has bundles of its own, not these.
        for actor in (world.steward, world.regulator):
            assert bundles_page(session, actor, world.steel_id).bundles == ()
        # The officer may not read the trace, which stands in the signatory's bundle.
        with pytest.raises(NotFound):
            find_bundle(session, world.officer, world.steel_id, bundle_id)
    with bench.database.writing() as session:
        own = request_bundle(session, world.steward, world.steel_id, *PERIOD).id
    bench.build(own)
    with bench.database.reading() as session:
        _, archive = open_bundle(session, bench.storage, world.steward, world.steel_id, own)
        (tmp_path / "steward.zip").write_bytes(io.BufferedReader(archive).read())
    with zipfile.ZipFile(tmp_path / "steward.zip") as opened:
        lines = [json.loads(line) for line in opened.read("events/events.jsonl").splitlines()]
    assert {tuple(sorted(line)) for line in lines} == {("at", "hash", "previous_hash", "sequence")}
    assert verify(str(tmp_path / "steward.zip")).good
