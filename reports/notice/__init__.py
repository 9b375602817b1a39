"""整改（补正）通知: a one-page letter of an authority, laid out after GB/T 9704."""
