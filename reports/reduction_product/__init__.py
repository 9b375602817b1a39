"""减碳产品报告: two comparable footprints and what lies between them."""
