"""The stock identity: blank is not zero."""

from decimal import Decimal

from portal.accounting.stock import consumed, net_purchase

D = Decimal


def test_consumption_is_what_was_there_and_came_in_less_what_left_and_remains() -> None:
    # 18406.20 + 121530.67 − 0 − 19748.44 = 120188.43
    assert consumed(opening=D("18406.20"), purchased=D("121530.67"), sold=D(0), closing=D("19748.44")) == D(
        "120188.43"
    )


def test_a_blank_part_leaves_consumption_blank() -> None:
    parts = {"opening": D(1), "purchased": D(2), "sold": D(0), "closing": D(1)}
    for key in parts:
        assert consumed(**{**parts, key: None}) is None


def test_stocks_that_do_not_fit_show_as_a_negative_amount() -> None:
    assert consumed(opening=D(1), purchased=D(0), sold=D(0), closing=D(5)) == D(-4)


def test_gas_used_is_bought_less_sold() -> None:
    assert net_purchase(purchased=D("920.5"), sold=D("0.5")) == D(920)
    assert net_purchase(purchased=None, sold=D(0)) is None
    assert net_purchase(purchased=D(1), sold=None) is None
