"""Pure parts of reading."""
