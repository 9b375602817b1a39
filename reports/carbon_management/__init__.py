"""碳管理报告: an inventory by categories and the checklist of the management system."""
