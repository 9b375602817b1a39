"""One machine, one command: the parent process behind ``portal serve``.

The parent answers requests with waitress. Two children work for it: a Valkey server, unless
REDIS_URL names another, and one worker. A child that dies is started again. Whatever ends
the parent ends the children, SIGKILL included: the kernel kills them when it goes.
"""

import errno
import fcntl
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from threading import Event
from types import FrameType
from typing import Any, NoReturn

from portal.children import ServingError, await_predecessor, await_valkey, own_valkey, portal_worker
from portal.config import Settings
from portal.migrating import migrate

logger = logging.getLogger(__name__)

THREADS = 8
#: waitress keeps a request up to this size; the application itself answers, with a page, what is too big.
REQUEST_BYTES = 256 * 1024 * 1024


def serve(settings: Settings, *, demo: bool) -> None:
    """Serve until SIGTERM or SIGINT. Raises ServingError when the portal cannot start here."""
    hurry = _catch_signals()
    with ExitStack() as stack:
        stack.enter_context(_only_one(settings.instance_dir))
        listener = stack.enter_context(_bound(settings.host, settings.port))
        if settings.embedded_queue:
            await_predecessor(settings.valkey_socket)
            valkey = own_valkey(settings)
            valkey.start()
            stack.callback(valkey.stop, hurry)
        migrate(settings.database_url)
        if settings.embedded_queue:
            await_valkey(settings, valkey)
        _first_start(settings, demo=demo)
        app = import_module("wsgi").app
        worker = portal_worker(settings)
        worker.start()
        stack.callback(worker.stop, hurry)
        _answer_requests(settings, app, listener)


def _first_start(settings: Settings, *, demo: bool) -> None:
    """Fill the demo world at the first start of an instance, unless told not to; print its accounts.

    The accounts are also kept in a file, for whoever missed them on the screen. An instance that
    began empty stays without the demo world.
    """
    kept, without = settings.instance_dir / "demo-accounts.txt", settings.instance_dir / "without-demo"
    if kept.exists():
        sys.stdout.write(f"演示账号 · demo accounts: {kept}\n")
    elif settings.production or not demo:
        without.touch()
    elif not without.exists():
        accounts = resolve_name("portal.services.demo:load_demo")(settings)
        if not accounts:  # the database had people in it: it is no example
            without.touch()
            return
        table = account_table(accounts)
        kept.touch(mode=0o600)
        kept.write_text(table, "utf-8")
        sys.stdout.write(f"演示账号 · demo accounts\n\n{table}\n")
    sys.stdout.flush()


def account_table(accounts: Sequence[Mapping[str, str]]) -> str:
    """Lay accounts out in columns under their names, one line each; wide characters take two places."""
    rows = [tuple(accounts[0]), *(tuple(account.values()) for account in accounts)]
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _answer_requests(settings: Settings, app: Any, listener: socket.socket) -> None:
    import waitress

    server = waitress.create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        ident=None,
        max_request_body_size=max(REQUEST_BYTES, 2 * settings.max_upload_bytes),
        # Without a proxy, forwarded headers are a stranger's claim and are dropped here.
        clear_untrusted_proxy_headers=settings.proxy_hops == 0,
    )
    sys.stdout.write(f"已启动 · serving on http://{settings.host}:{settings.port}\n")
    sys.stdout.flush()
    server.run()


def _catch_signals() -> Event:
    """Let SIGTERM and SIGINT end the process in order; a second one sets the event given back."""
    hurry = Event()
    stopping = Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopping.is_set():
            hurry.set()
            return
        stopping.set()
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return hurry


@contextmanager
def _only_one(instance: Path) -> Iterator[None]:
    """Hold the instance folder for this process; the kernel lets go when the process ends."""
    path = instance / "serve.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise ServingError(
                f"另一个门户正在使用此目录 · process {holder} already serves {instance}; "
                "stop it, or set INSTANCE_DIR and PORT to start another portal"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        _explain(error, host, port)
    return listener


def _explain(error: OSError, host: str, port: int) -> NoReturn:
    reasons = {
        errno.EADDRINUSE: f"端口已被占用 · port {port} on {host} is in use; set PORT to a free one",
        errno.EACCES: f"port {port} needs more rights; set PORT to one above 1023",
        errno.EADDRNOTAVAIL: f"{host} is no address of this machine; see HOST",
    }
    raise ServingError(reasons.get(error.errno or 0, f"cannot listen on {host}:{port}: {error}")) from None
