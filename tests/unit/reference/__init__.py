"""Unit tests of portal.reference."""
