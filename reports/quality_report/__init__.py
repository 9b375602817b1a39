"""季度/年度碳数据质量报告: how well a period's data were kept, from its evaluations and findings."""
