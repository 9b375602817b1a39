"""企业环境信息依法披露年度报告: the yearly disclosure with its carbon chapter."""
