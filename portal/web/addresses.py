"""What an address may hold: numbers that a database can keep, and no sign that it cannot."""

from flask import Flask, request
from werkzeug.routing import IntegerConverter, Map, ValidationError

from portal.domain.errors import NotFound

#: The greatest id of an integer column.
GREATEST_ID = 2**31 - 1
#: PostgreSQL keeps no text with this sign in it, and no browser puts it into an address.
NUL = "\0"


class IdConverter(IntegerConverter):
    """``<int:…>`` in a route: a row's number in plain digits; anything else leads nowhere (404)."""

    regex = r"[0-9]{1,10}"

    def __init__(self, addresses: Map) -> None:
        """Numbers count from one."""
        super().__init__(addresses, min=1, max=GREATEST_ID)

    def to_python(self, value: str) -> int:
        """The number; a second way to write it is no address of ours."""
        if value.startswith("0"):
            raise ValidationError
        return int(super().to_python(value))


def install_addresses(app: Flask) -> None:
    """Use the converter in every route that is added from now on, and refuse what no page answers to."""
    app.url_map.converters["int"] = IdConverter
    app.before_request(_refuse_nul)


def _refuse_nul() -> None:
    given = (text for texts in request.args.listvalues() for text in texts)
    if NUL in request.path or any(NUL in text for text in given):
        raise NotFound
