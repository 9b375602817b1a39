"""What is true without a database or a browser: rights, moves, months, errors."""
