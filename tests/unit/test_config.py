"""Settings: their defaults, their faults, and the key that is made once."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.config import SOCKET_PATH_LIMIT, VARIABLES, Settings, SettingsError, embedded_socket

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "PORTAL_ENV": "production",
    "SECRET_KEY": "k" * 40,
    "DATABASE_URL": "postgresql://portal:secret@db/portal",
    "REDIS_URL": "redis://:secret@queue:6379/0",
    "PUBLIC_URL": "https://portal.example.cn/",
}


@pytest.fixture
def instance(tmp_path: Path) -> dict[str, str]:
    return {"INSTANCE_DIR": str(tmp_path / "instance")}


def problems_of(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    return caught.value.problems


def test_without_any_variable_everything_lies_in_the_instance_folder(instance: dict[str, str]) -> None:
    settings = Settings.from_env(instance)
    folder = instance["INSTANCE_DIR"]

    assert settings.database_url == f"sqlite:///{folder}/portal.db"
    assert settings.storage_url == f"file://{folder}/storage"
    assert settings.redis_url == f"unix://{folder}/valkey/valkey.sock"
    assert settings.embedded_queue
    assert settings.smtp_url is None
    assert settings.public_url == "http://127.0.0.1:8000"
    assert (settings.production, settings.require_totp, settings.behind_tls) == (False, False, False)
    assert settings.max_upload_bytes == 20 * 1024 * 1024


def test_production_is_strict_by_default(instance: dict[str, str]) -> None:
    settings = Settings.from_env(instance | PRODUCTION)

    assert settings.production
    assert settings.require_totp
    assert settings.behind_tls
    assert not settings.allow_unverified
    assert not settings.embedded_queue
    assert settings.database_url == "postgresql+psycopg://portal:secret@db/portal"
    assert settings.public_url == "https://portal.example.cn"
    assert not (settings.instance_dir / "secret-key").exists()


def test_requests_are_counted_where_every_process_sees_them(instance: dict[str, str]) -> None:
    outside = instance | {"REDIS_URL": "unix:///run/valkey.sock"}

    assert Settings.from_env(instance).limits_url == "memory://"
    assert Settings.from_env(outside).limits_url == "redis+unix:///run/valkey.sock"
    assert Settings.from_env(instance | PRODUCTION).limits_url == PRODUCTION["REDIS_URL"]


def test_production_names_all_that_is_missing(instance: dict[str, str]) -> None:
    problems = problems_of(instance | {"PORTAL_ENV": "production"})

    assert [problem.split()[0] for problem in problems] == [
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "PUBLIC_URL",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "８０００"),
        ("PORT", "-1"),
        ("MAX_UPLOAD_MB", "2.5"),
        ("REQUIRE_TOTP", "maybe"),
        ("PORTAL_ENV", "Production"),
        ("DATABASE_URL", "mysql://db/portal"),
        ("DATABASE_URL", "sqlite://"),
        ("REDIS_URL", "queue:6379"),
        ("REDIS_URL", "redis://queue:99999"),
        ("STORAGE_URL", "/srv/files"),
        ("SMTP_URL", "smtp:mail"),
        ("PUBLIC_URL", "portal.example.cn"),
        ("SECRET_KEY", "short"),
        ("LOG_LEVEL", "LOUD"),
        ("PROXY_HOPS", "9"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(instance: dict[str, str], name: str, value: str) -> None:
    (problem,) = problems_of(instance | {name: value})

    assert problem.startswith(name)


def test_all_faults_are_told_at_once(instance: dict[str, str]) -> None:
    assert len(problems_of(instance | {"PORT": "x", "LOG_LEVEL": "x", "BEHIND_TLS": "x"})) == 3


def test_no_password_is_shown(instance: dict[str, str]) -> None:
    shown = repr(Settings.from_env(instance | PRODUCTION | {"SMTP_URL": "smtp://u:secret@mail"}))
    (problem,) = problems_of(instance | {"DATABASE_URL": "mysql://portal:secret@db"})

    assert "secret" not in shown
    assert "k" * 40 not in shown
    assert "secret" not in problem


def test_blank_variables_count_as_not_given(instance: dict[str, str]) -> None:
    blank = {variable.name: " " for variable in VARIABLES}

    assert Settings.from_env(blank | instance) == Settings.from_env(instance)


def test_the_key_is_made_once_for_its_owner_only(instance: dict[str, str]) -> None:
    first = Settings.from_env(instance)
    path = first.instance_dir / "secret-key"

    assert len(first.secret_key) >= 32
    assert Settings.from_env(instance).secret_key == first.secret_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.instance_dir.stat().st_mode) == 0o700


def test_processes_that_start_together_share_one_key(instance: dict[str, str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: Settings.from_env(instance).secret_key, range(32)))

    assert len(keys) == 1
    assert [path.name for path in Path(instance["INSTANCE_DIR"]).iterdir()] == ["secret-key"]


def test_a_damaged_key_is_an_error_and_not_a_weak_key(instance: dict[str, str]) -> None:
    (Settings.from_env(instance).instance_dir / "secret-key").write_text("")

    assert "secret-key" in problems_of(instance)[0]


def test_a_file_where_the_instance_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert problems_of({"INSTANCE_DIR": str(tmp_path / "file")})[0].startswith("INSTANCE_DIR")


def test_a_folder_name_with_spaces_and_chinese_is_fine(tmp_path: Path) -> None:
    settings = Settings.from_env({"INSTANCE_DIR": str(tmp_path / "湖州 一")})

    assert settings.redis_url.startswith("unix:///")
    assert " " not in settings.redis_url
    assert " " not in settings.storage_url


def test_a_socket_path_that_is_too_long_moves_to_the_temporary_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    socket = embedded_socket(deep)

    assert len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT
    assert socket == embedded_socket(deep)
    assert socket != embedded_socket(deep / "other")


def test_the_list_of_variables_is_what_is_read(instance: dict[str, str]) -> None:
    class Recording(dict[str, str]):
        def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
            read.add(key)
            return super().get(key, default)

    read: set[str] = set()
    Settings.from_env(Recording(instance))

    assert read == {variable.name for variable in VARIABLES}


def test_the_operations_page_describes_every_variable() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")

    for variable in VARIABLES:
        assert f"| `{variable.name}` | {variable.default} | {variable.meaning} |" in page
