"""The fourteen things that must hold whatever is tried, by a service, by a form sent directly, or by SQL."""
