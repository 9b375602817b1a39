"""碳中和报告: inventory, reductions, residual emissions and cancelled credits."""
