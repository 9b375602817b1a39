"""What was used, from what was there, came in, went out and is left."""

from decimal import Decimal


def consumed(
    *,
    opening: Decimal | None,
    purchased: Decimal | None,
    sold: Decimal | None,
    closing: Decimal | None,
) -> Decimal | None:
    """Opening stock + purchased − sold − closing stock, all in one unit.

    None while any part is blank: blank is not zero. A negative answer is given back as it is; that the
    stocks do not fit is for a check to say (CETS-AG-03.01-V01-2024 6.2.1.1; CETS-VG-01.01-V02-2026 table 7).
    """
    if opening is None or purchased is None or sold is None or closing is None:
        return None
    return opening + purchased - sold - closing


def net_purchase(*, purchased: Decimal | None, sold: Decimal | None) -> Decimal | None:
    """Purchased − sold, for liquids and gases (CETS-AG-03.01-V01-2024 6.2.1.2); None while one is blank."""
    if purchased is None or sold is None:
        return None
    return purchased - sold
