"""临时环境信息依法披露报告: one event, told within five working days."""
