"""Cases as small changes to a pack's base facts, found by path: ``rows[S-02.purchased].value``."""

import copy
import re
from collections.abc import Mapping
from typing import Any, Final

from checklists.model import Case

_STEP: Final = re.compile(r"([a-z_0-9]+)|\[([^\]]+)\]")
_KEYS: Final = ("cell", "code", "id")  #: what an element of a list is found by


class PathError(LookupError):
    """A path that leads nowhere in the facts."""


def patched(base: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """A copy of ``base`` with the case's changes; raises PathError naming a path that does not exist."""
    facts: dict[str, Any] = copy.deepcopy(dict(base))
    for path, value in case.put.items():
        holder, step = _holder(facts, path)
        if step == "+":
            holder.append(copy.deepcopy(value))
        else:
            holder[step] = copy.deepcopy(value)
    for path in case.blank:
        holder, step = _holder(facts, path)
        holder[step] = None
    for path in case.remove:
        holder, step = _holder(facts, path)
        del holder[step]
    return facts


def _holder(facts: dict[str, Any], path: str) -> tuple[Any, Any]:
    """The mapping or list that holds the last step of ``path``, and that step as its key."""
    steps = [name or f"[{key}" for name, key in _STEP.findall(path)]
    current: Any = facts
    for step in steps[:-1]:
        current = current[_key(current, step, path, inside=True)]
    return current, _key(current, steps[-1], path, inside=False)


def _key(holder: Any, step: str, path: str, *, inside: bool) -> Any:
    if not step.startswith("["):
        if not isinstance(holder, dict) or (inside and step not in holder):
            raise PathError(path)
        return step
    wanted = step[1:]
    if not isinstance(holder, list):
        raise PathError(path)
    if wanted == "+":
        return "+"
    if wanted.isdigit() and int(wanted) < len(holder):
        return int(wanted)
    for index, element in enumerate(holder):
        if any(str(element.get(key)) == wanted for key in _KEYS):
            return index
    raise PathError(path)
