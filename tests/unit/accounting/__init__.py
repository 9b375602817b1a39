"""Unit tests of portal.accounting."""
