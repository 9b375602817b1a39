"""Pages: one blueprint a feature."""
