"""Carbon credits of invented projects."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.credits import CreditKind
from portal.services.credits import CreditData

DATA = CreditData(
    kind=CreditKind.SINK,
    registry_name="示例登记簿",
    project_id="EX-P-0007",
    project_name="示例竹林经营碳汇项目",
    methodology="示例方法学 V1",
    vintage=2024,
    serial_from="EX-2024-000001",
    serial_to="EX-2024-000500",
    quantity=Decimal(500),
    cancelled_on=date(2026, 10, 30),
    beneficiary="示例钢铁有限公司",
)


def credit_data(**changes: Any) -> CreditData:
    """Five hundred tonnes of an invented bamboo forest, with changes."""
    return replace(DATA, **changes)
