"""The page source under the printer's own sheet, cut to what reports need: quicker, and nothing moves."""

import weasyprint

from reports.page import ReportPage

_SOURCE = (
    '<html lang="zh-CN"><title>月报</title><h1>一</h1><p>二<br>三<q>四</q></p>'
    '<ol><li>五<ul><li>六</ul><li style="list-style:none">七</ol><table><tr><th>八<td>九</table>'
)


def test_a_page_looks_as_under_the_whole_sheet() -> None:
    pages = (kind(string=_SOURCE) for kind in (ReportPage, weasyprint.HTML))
    ours, whole = (page.write_pdf(uncompressed_pdf=True, pdf_tags=True) for page in pages)
    assert ours == whole


def test_no_rule_of_the_sheet_holds_for_a_part_of_every_element() -> None:
    (sheet,) = ReportPage(string=_SOURCE)._ua_stylesheets()
    parts = {pseudo for _test, _specificity, _order, pseudo, _rule in sheet.matcher.other_selectors}
    assert parts <= {None}
