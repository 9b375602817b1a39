"""Faults that only a product system can have; part of the table in ``faults``."""

from collections.abc import Mapping
from types import MappingProxyType

from portal.domain.messages import N_

#: code → (Chinese message id, English sentence); both take the same parameters
FOOTPRINT_FAULTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "unknown_choice": (
            N_("“%(given)s”不是“%(key)s”可用的值；可用：%(known)s"),
            "“%(given)s” is not a value of “%(key)s”; available: %(known)s.",
        ),
        "inventory_grid": (
            N_("“%(family)s”是核算排放用的电力因子，不能用于产品碳足迹；可用：%(known)s"),
            "“%(family)s” is for emission inventories and is refused in a footprint; available: %(known)s.",
        ),
        "not_comparable": (
            N_("两个足迹不能比较，它们的这些方面不同或没有写明：%(differences)s"),
            "The two footprints cannot be compared; these differ or are not stated: %(differences)s.",
        ),
        "no_maker": (
            N_("没有过程生产“%(product)s”，请补上生产它的过程"),
            "No process makes “%(product)s”; add the one that does.",
        ),
        "two_makers": (
            N_("“%(product)s”由两个过程生产（%(first)s、%(second)s），每种产品只能有一个"),
            "“%(product)s” is made by two processes (%(first)s, %(second)s); exactly one may make it.",
        ),
        "unsolvable": (
            N_("这个系统解不出来：%(processes)s 之间的循环消耗不少于产出，请检查投入量"),
            "There is no solution: the loop of %(processes)s uses as much as it makes; check its inputs.",
        ),
    }
)
