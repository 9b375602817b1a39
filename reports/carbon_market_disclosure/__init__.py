"""全国碳市场信息公开表: tables D.1 to D.4 and the voluntary table of reductions."""
