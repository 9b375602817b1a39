"""产品碳足迹报告: the dossier of a product's carbon footprint."""
