"""What routes of products need for the access matrix beside a product and its footprint."""

#: The process and the file that the routes are asked for; ``matrix_exchange`` makes the product.
_NAMED = {
    "product_systems.process": {"key": "P1"},
    "product_systems.remove": {"key": "P1"},
    "product_files.download": {"name": "footprint"},
}


def product_arguments(endpoint: str) -> dict[str, str]:
    """Names in the address of a route of products that are no ids."""
    return dict(_NAMED.get(endpoint, {}))
