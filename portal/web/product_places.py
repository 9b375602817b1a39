"""Where in a product system a fault stands: its words and the page that mends it."""

import re
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from portal.queries.products import ProductPage

_PROCESS = re.compile(r"processes\[(\d+)\](?:\.(inputs|emissions)\[(\d+)\])?\.?(\w*)")
#: Column of the form in which a key of the system stands.
_COLUMNS = {"month": "quantity", "maker": "footprint", "grid": "footprint", "supplier": "footprint"}
_FIELDS = {"output": "output_amount", "allocation": "own", "quality": "temporal", "marks": "temporal"}


@dataclass(frozen=True)
class Place:
    """A place that can be mended: its words and its address."""

    words: str
    url: str


def place_of(page: ProductPage, path: str) -> Place | None:
    """The place of ``path`` in the product's newest system; None where there is no such place."""
    here: dict[str, Any] = {"enterprise_id": page.enterprise_id, "product_id": page.id}
    found = _PROCESS.fullmatch(path.partition("].uncertainty")[0]) or _PROCESS.match(path)
    if found is None or page.system is None:
        return Place(gettext("产品系统"), url_for("product_systems.edit", **here))
    processes = page.system.payload["processes"]
    if int(found[1]) >= len(processes):
        return None
    process, kind, row, rest = processes[int(found[1])], found[2], found[3], found[4]
    url = url_for("product_systems.process", **here, key=process["key"])
    if kind is None:
        anchor = _FIELDS.get(rest, rest)
        return Place(process["name"], f"{url}#{anchor}" if anchor else url)
    words = {"inputs": gettext("投入"), "emissions": gettext("直接排放")}[kind]
    said = gettext(
        "%(process)s · %(table)s第 %(row)s 行", process=process["name"], table=words, row=int(row) + 1
    )
    return Place(said, f"{url}#{kind}-{row}-{_COLUMNS.get(rest, rest) or 'name'}")
