"""Settings of one running portal, read once from the environment and never changed.

Nothing here knows Flask: the web application, the worker and the commands read the same
object. ``VARIABLES`` lists every name with its default; ``portal check-config`` and
docs/operations.md show that list.
"""

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

#: The address of a unix socket holds 107 bytes on Linux; beyond, bind() fails.
SOCKET_PATH_LIMIT = 107
SECRET_LENGTH = 32
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


class Variable(NamedTuple):
    """One environment variable: its name, the default in words, and what it does."""

    name: str
    default: str
    meaning: str


VARIABLES = (
    Variable("PORTAL_ENV", "embedded", "embedded (one machine, one command) or production"),
    Variable("INSTANCE_DIR", "./instance", "folder of everything that this portal writes"),
    Variable("HOST", "127.0.0.1", "address that `portal serve` listens on"),
    Variable("PORT", "8000", "port that `portal serve` listens on"),
    Variable("PUBLIC_URL", "http://127.0.0.1:PORT", "address in mails and QR codes; required in production"),
    Variable("DATABASE_URL", "SQLite in INSTANCE_DIR", "sqlite:/// or postgresql://; required in production"),
    Variable(
        "REDIS_URL", "own Valkey on a unix socket", "redis://, rediss://, unix://; required in production"
    ),
    Variable("STORAGE_URL", "INSTANCE_DIR/storage", "file:///folder or s3://bucket/prefix (with AWS_*)"),
    Variable(
        "SECRET_KEY", "made once, INSTANCE_DIR/secret-key", "signs sessions, links; required in production"
    ),
    Variable(
        "SMTP_URL", "none: mails go to INSTANCE_DIR/outbox", "smtp:// or smtps://user:password@host:port"
    ),
    Variable("MAIL_FROM", "portal@localhost", "sender of mails"),
    Variable("REQUIRE_TOTP", "off; on in production", "signatories and regulators need a second factor"),
    Variable("REQUIRE_COUNTERSIGN", "off", "acceptance of a month needs a second regulator"),
    Variable(
        "ALLOW_UNVERIFIED",
        "on; off in production",
        "unverified factors may be used; they stay marked",
    ),
    Variable("MAX_UPLOAD_MB", "20", "largest evidence file, in MiB (1 to 1024)"),
    Variable("SESSION_HOURS", "12", "a session ends this long after signing in (1 to 168)"),
    Variable("SESSION_IDLE_MINUTES", "60", "a session ends after this long without a request (5 to 1440)"),
    Variable("BEHIND_TLS", "off; on in production", "cookies only over HTTPS, HSTS"),
    Variable("PROXY_HOPS", "0", "reverse proxies whose X-Forwarded-* headers are believed (0 to 5)"),
    Variable("TIMESTAMP_URL", "none: seals bear no time stamp", "RFC 3161 service, http:// or https://"),
    Variable("PKCS11_MODULE", "none", "library of the token that holds keys for seals"),
    Variable("PKCS11_PIN", "none", "PIN of that token"),
    Variable("SWEEP_SECONDS", "5", "how often a worker looks for jobs that were left behind (1 to 3600)"),
    Variable("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR"),
)


class SettingsError(Exception):
    """The environment holds values that cannot be used; ``problems`` lists them all."""

    def __init__(self, problems: list[str]) -> None:
        """Keep one line for each variable at fault."""
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set from outside. Secrets are left out of ``repr``."""

    production: bool
    instance_dir: Path
    host: str
    port: int
    public_url: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    #: True when the portal starts its own Valkey because REDIS_URL was not given.
    embedded_queue: bool
    storage_url: str
    secret_key: str = field(repr=False)
    smtp_url: str | None = field(repr=False)
    mail_from: str
    require_totp: bool
    require_countersign: bool
    allow_unverified: bool
    max_upload_mb: int
    session_hours: int
    session_idle_minutes: int
    behind_tls: bool
    proxy_hops: int
    timestamp_url: str
    pkcs11_module: str
    pkcs11_pin: str = field(repr=False)
    sweep_seconds: int
    log_level: str

    @property
    def max_upload_bytes(self) -> int:
        """Largest evidence file in bytes."""
        return self.max_upload_mb * 1024 * 1024

    @property
    def limits_url(self) -> str:
        """Where counts of requests are kept: in the one process, or in the queue's server for many.

        The library that counts writes ``redis+unix://`` for what Redis itself calls ``unix://``.
        """
        if self.embedded_queue:
            return "memory://"
        return f"redis+{self.redis_url}" if self.redis_url.startswith("unix:") else self.redis_url

    @property
    def outbox_dir(self) -> Path:
        """Folder that takes the mails when there is no SMTP_URL."""
        return self.instance_dir / "outbox"

    @property
    def font_dir(self) -> Path:
        """Folder of the static fonts that documents are printed with; cut once, at first use."""
        return self.instance_dir / "fonts"

    @property
    def valkey_dir(self) -> Path:
        """Folder with the append-only file of the embedded Valkey."""
        return self.instance_dir / "valkey"

    @property
    def valkey_socket(self) -> Path:
        """Unix socket of the embedded Valkey."""
        return embedded_socket(self.instance_dir)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from ``environ`` (default: the process's own).

        Makes INSTANCE_DIR, and in embedded mode the key file, when they are missing.
        Raises SettingsError with every problem found, not only the first.
        """
        reader = _Reader(os.environ if environ is None else environ)
        production = reader.choice("PORTAL_ENV", "embedded", ("embedded", "production")) == "production"
        if production:
            for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL"):
                reader.require(name)
        instance = Path(reader.text("INSTANCE_DIR", "instance")).expanduser().absolute()
        values = _values(reader, instance, production=production)
        secret = _given_secret(reader)
        if not reader.problems:
            _make_folder(reader, instance)
        if reader.problems:
            raise SettingsError(reader.problems)
        return cls(
            production=production,
            instance_dir=instance,
            secret_key=secret or _kept_secret(instance / "secret-key"),
            **values,  # type: ignore[arg-type]  # the reader gives each name its type
        )


class _Reader:
    """Takes single values from the environment and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self.environ.get(name, "").strip() or default

    def require(self, name: str) -> None:
        if not self.text(name, ""):
            self.problems.append(f"{name} is required when PORTAL_ENV is production")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        given = self.text(name, str(default))
        if given.isascii() and given.isdecimal() and low <= int(given) <= high:
            return int(given)
        self.problems.append(f"{name} must be a whole number from {low} to {high}, not {given!r}")
        return default

    def flag(self, name: str, default: bool) -> bool:
        given = self.text(name, "on" if default else "off").lower()
        if given not in TRUE_WORDS | FALSE_WORDS:
            self.problems.append(f"{name} must be on or off, not {given!r}")
        return given in TRUE_WORDS

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        given = self.text(name, default)
        if given not in choices:
            self.problems.append(f"{name} must be one of {', '.join(choices)}, not {given!r}")
        return given

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        """A value may hold a password, so a wrong one is not repeated in the message."""
        given = self.text(name, default)
        if not given:
            return given
        try:
            parts = urlsplit(given)
            usable = given.startswith(tuple(f"{scheme}://" for scheme in schemes))
            usable = usable and bool(parts.netloc or parts.path.strip("/"))
            usable = usable and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            starts = " or ".join(f"{scheme}://" for scheme in schemes)
            self.problems.append(f"{name} must be an address that starts with {starts}")
        return given


def _values(reader: _Reader, instance: Path, *, production: bool) -> dict[str, object]:
    port = reader.number("PORT", 8000, 1, 65535)
    redis_url = reader.url("REDIS_URL", "", ("redis", "rediss", "unix"))
    return {
        "port": port,
        "host": reader.text("HOST", "127.0.0.1"),
        "public_url": reader.url("PUBLIC_URL", f"http://127.0.0.1:{port}", ("http", "https")).rstrip("/"),
        "database_url": _database_url(reader, instance),
        "redis_url": redis_url or f"unix://{quote(str(embedded_socket(instance)))}",
        "embedded_queue": not redis_url,
        "storage_url": reader.url("STORAGE_URL", (instance / "storage").as_uri(), ("file", "s3")),
        "smtp_url": reader.url("SMTP_URL", "", ("smtp", "smtps")) or None,
        "mail_from": reader.text("MAIL_FROM", "portal@localhost"),
        "require_totp": reader.flag("REQUIRE_TOTP", production),
        "require_countersign": reader.flag("REQUIRE_COUNTERSIGN", False),
        "allow_unverified": reader.flag("ALLOW_UNVERIFIED", not production),
        "max_upload_mb": reader.number("MAX_UPLOAD_MB", 20, 1, 1024),
        "session_hours": reader.number("SESSION_HOURS", 12, 1, 168),
        "session_idle_minutes": reader.number("SESSION_IDLE_MINUTES", 60, 5, 1440),
        "behind_tls": reader.flag("BEHIND_TLS", production),
        "proxy_hops": reader.number("PROXY_HOPS", 0, 0, 5),
        "timestamp_url": reader.url("TIMESTAMP_URL", "", ("http", "https")),
        "pkcs11_module": reader.text("PKCS11_MODULE", ""),
        "pkcs11_pin": reader.text("PKCS11_PIN", ""),
        "sweep_seconds": reader.number("SWEEP_SECONDS", 5, 1, 3600),
        "log_level": reader.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    }


def embedded_socket(instance: Path) -> Path:
    """Where the embedded Valkey of ``instance`` listens.

    Inside the instance folder, except when that path is too long for a unix socket: then
    in a folder of the system's temporary directory whose name follows from the instance.
    """
    usual = instance / "valkey" / "valkey.sock"
    if len(os.fsencode(usual)) <= SOCKET_PATH_LIMIT:
        return usual
    digest = sha256(os.fsencode(instance)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"carbon-steward-{os.getuid()}-{digest}" / "valkey.sock"


def _database_url(reader: _Reader, instance: Path) -> str:
    """Give the driver by name, so that SQLAlchemy never guesses another."""
    schemes = ("sqlite", "postgresql", "postgresql+psycopg", "postgres")
    given = reader.url("DATABASE_URL", f"sqlite:///{instance / 'portal.db'}", schemes)
    scheme, separator, rest = given.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in {"postgres", "postgresql"} else given


def _given_secret(reader: _Reader) -> str:
    secret = reader.text("SECRET_KEY", "")
    if secret and len(secret) < SECRET_LENGTH:
        reader.problems.append(f"SECRET_KEY must have at least {SECRET_LENGTH} characters")
    return secret


def _make_folder(reader: _Reader, instance: Path) -> None:
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reader.problems.append(f"INSTANCE_DIR {instance} cannot be made: {error.strerror}")
        return
    if not os.access(instance, os.W_OK | os.X_OK):
        reader.problems.append(f"INSTANCE_DIR {instance} cannot be written to")


def _kept_secret(path: Path) -> str:
    """Read the key file; the first process of an instance makes it.

    It is written whole under another name and linked into place, so that of several
    processes that start at once one wins and none reads half a key.
    """
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret-key-")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
            Path(path).hardlink_to(draft)
        except FileExistsError:
            pass  # another process was first: its key is the key
        finally:
            Path(draft).unlink()
    secret = path.read_text().strip()
    if len(secret) < SECRET_LENGTH:
        raise SettingsError(
            [f"{path} holds no usable key; put it back from a backup, or remove it to get a new one"]
        )
    return secret
