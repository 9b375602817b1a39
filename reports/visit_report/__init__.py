"""上门服务检查记录 and 现场检查记录: what a visit found, as both sides signed it."""
