"""The fonts of printed dossiers: the same as for reports."""

from tests.unit.reports.conftest import font_cache

__all__ = ["font_cache"]
