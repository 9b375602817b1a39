"""How fast the portal is: each module is a command that prints a table (docs/performance.md)."""
