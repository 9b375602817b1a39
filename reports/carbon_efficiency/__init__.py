"""工业碳效评价单: one sheet with the grade of an enterprise's carbon efficiency."""
