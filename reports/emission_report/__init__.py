"""年度排放报告: a year's emissions from twelve accepted months, every difference explained."""
