"""The carbon-steward portal: a Flask application over pure rooms of rules and numbers."""
