"""重点排放单位碳排放信息公开表: the shared view of chaptered documents."""

from reports.chaptered import view

__all__ = ["view"]
