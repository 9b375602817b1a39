"""The command ``portal bundle``: whether a bundle is whole."""

import sys

import click

from portal.verify_bundle import run


@click.group()
def bundle() -> None:
    """Bundles of an enterprise's data, documents and evidence."""


@bundle.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--certificate", default="", help="SHA-256 fingerprint that the signer must have.")
def verify(file: str, certificate: str) -> None:
    """Say what of a bundle is whole, changed, missing or added; exit status 1 unless all is whole.

    The same program lies in every bundle as verify_bundle.py and needs nothing but Python.
    """
    sys.exit(run(file, certificate, sys.stdout.buffer))
