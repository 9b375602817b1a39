"""年度温室气体排放报告: the shared view of chaptered documents."""

from reports.chaptered import view

__all__ = ["view"]
