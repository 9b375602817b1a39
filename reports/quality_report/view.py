"""碳数据质量报告: the shared view of chaptered documents."""

from reports.chaptered import view

__all__ = ["view"]
