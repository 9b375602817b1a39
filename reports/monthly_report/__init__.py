"""月度碳数据质量报告: the monthly report on carbon-data quality."""
