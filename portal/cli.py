"""The console command ``portal``. Each command loads only what it needs, so that calculations start fast."""

import logging
import sys
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from portal.config import Settings

EXIT_BAD_SETTINGS = 78  # EX_CONFIG of sysexits.h


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="carbon-steward")
def portal() -> None:
    """减污降碳数据质量门户 · Portal for carbon-data quality."""


@portal.command()
@click.option("--empty", is_flag=True, help="Do not load the demo world at the first start.")
def serve(empty: bool) -> None:
    """Serve everything from this machine: pages, queue, worker."""
    from portal.children import ServingError
    from portal.migrating import MigrationError
    from portal.serving import serve as run

    try:
        run(load_settings(), demo=not empty)
    except (ServingError, MigrationError) as error:
        raise click.ClickException(str(error)) from error


@portal.command()
@click.option("--burst", is_flag=True, help="Stop when the queues are empty.")
def worker(burst: bool) -> None:
    """Take jobs from the queue until told to stop."""
    from portal.queue import QueueLostError, run_worker

    try:
        run_worker(load_settings(), burst=burst)
    except QueueLostError as error:
        raise click.ClickException(str(error)) from error


@portal.command()
@click.option("--check", is_flag=True, help="Only compare models and migrations, on a scratch database.")
def migrate(check: bool) -> None:
    """Bring the database to the newest revision."""
    from portal.migrating import MigrationError, check_migrations
    from portal.migrating import migrate as run

    try:
        if check:
            check_migrations()
            click.echo("models and migrations agree")
        else:
            run(load_settings().database_url)
    except MigrationError as error:
        raise click.ClickException(str(error)) from error


@portal.command()
def demo() -> None:
    """Load the example world into an empty database and print its accounts."""
    from portal.domain.errors import Refused
    from portal.services.demo import load_demo
    from portal.serving import account_table

    try:
        accounts = load_demo(load_settings())
    except Refused as error:
        raise click.ClickException(str(error)) from error
    if not accounts:
        raise click.ClickException("库里已有人员，不再装入示例数据 · the database has people already")
    click.echo(account_table(accounts))


@portal.command("create-user")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, help="One of the roles; may be given more than once.")
@click.option("--uscc", help="Credit code of the person's organisation; for the first administrator: none.")
@click.password_option()
def create_user(email: str, name: str, roles: tuple[str, ...], uscc: str | None, password: str) -> None:
    """Make an account; the first platform administrator is made this way."""
    from portal.domain.errors import DomainError
    from portal.models.database import Database
    from portal.services.bootstrap import create_account

    database = Database(load_settings().database_url)
    try:
        with database.writing() as session:
            user_id = create_account(session, email, name, password, roles, uscc)
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"user {user_id}: {email}")


@portal.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def checks(arguments: tuple[str, ...]) -> None:
    """The check packs: list, show, test, diff, coverage."""
    from portal.check_commands import checks as group

    group.main(list(arguments), prog_name="portal checks")


@portal.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def keys(arguments: tuple[str, ...]) -> None:
    """Keys for seals: authority, issue, list, revoke, check."""
    from portal.key_commands import keys as group

    group.main(list(arguments), prog_name="portal keys")


@portal.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bundle(arguments: tuple[str, ...]) -> None:
    """Bundles: verify."""
    from portal.bundle_commands import bundle as group

    group.main(list(arguments), prog_name="portal bundle")


@portal.group()
def audit() -> None:
    """The trace of everything that happened."""


@audit.command("verify")
def audit_verify() -> None:
    """Prove that no event, snapshot or issued document was altered, removed or reordered."""
    from portal.models.database import Database
    from portal.services.proofs import verify_everything
    from portal.storage import open_storage

    settings = load_settings()
    database = Database(settings.database_url)
    with database.reading() as session:
        faults = list(verify_everything(session, open_storage(settings.storage_url)))
    for fault in faults:
        click.echo(f"{fault.chain} #{fault.sequence}: {fault.problem}")
    click.echo(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


@portal.group()
def report() -> None:
    """Printed documents."""


@report.command("list")
def report_list() -> None:
    """The document types, one a line."""
    from reports.document import list_reports

    for found in list_reports():
        click.echo(f"{found.name}\t{found.title}")


@report.command("sample")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
def report_sample(name: str, file: str) -> None:
    """Render a type's sample into FILE, without a database."""
    from pathlib import Path
    from tempfile import gettempdir

    from portal.domain.errors import DomainError
    from reports.pdf import render_sample

    try:
        Path(file).write_bytes(render_sample(name, Path(gettempdir()) / "portal-fonts"))
    except DomainError as error:
        raise click.ClickException(str(error)) from error


@portal.command("check-config")
def check_config() -> None:
    """Say whether the settings can be used, and list them all."""
    from portal.config import VARIABLES

    settings = load_settings()
    width = max(len(variable.name) for variable in VARIABLES)
    for variable in VARIABLES:
        click.echo(f"{variable.name:<{width}}  {variable.meaning} [{variable.default}]")
    click.echo(f"\nThe settings can be used. Instance folder: {settings.instance_dir}")


@portal.command()
def calculate() -> None:
    """Emissions of a month or year: JSON on standard input, JSON on standard output."""
    from portal.accounting.command import run_calculate

    _answer(*run_calculate(_standard_input()))


@portal.command()
def footprint() -> None:
    """Carbon footprint of a product system: JSON on standard input, JSON on standard output."""
    from portal.accounting.command import run_footprint

    _answer(*run_footprint(_standard_input()))


@portal.command()
@click.option(
    "--lang", "language", type=click.Choice(["zh", "en"]), default="zh", help="Language of the text."
)
def explain(language: str) -> None:
    """A calculation as a person would check it: an input or a result of calculate on standard input."""
    from portal.accounting.command import run_explain

    _answer(*run_explain(_standard_input(), language))


@portal.command("packs", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def packs(arguments: tuple[str, ...]) -> None:
    """Data packs: list, show, check, diff."""
    from portal.reference.command import packs as group

    group.main(args=list(arguments), prog_name="portal packs")


def load_settings() -> "Settings":
    """Read the settings and set up logging; exit with 78 and every problem when they cannot be used."""
    from portal.config import Settings, SettingsError

    try:
        settings = Settings.from_env()
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"设置有误 · bad setting: {problem}", err=True)
        sys.exit(EXIT_BAD_SETTINGS)
    logging.basicConfig(
        level=settings.log_level,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S%z",
    )
    for talkative in ("alembic", "weasyprint", "fontTools"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    return settings


def _standard_input() -> bytes:
    return sys.stdin.buffer.read()


def _answer(text: str, code: int) -> NoReturn:
    sys.stdout.buffer.write(f"{text.rstrip()}\n".encode())
    sys.stdout.flush()
    sys.exit(code)


def main() -> None:
    """Entry point of the console script."""
    portal(prog_name="portal")


if __name__ == "__main__":
    main()
