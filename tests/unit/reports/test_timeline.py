"""The time line: to scale, nothing outside, no two labels on one another."""

import re
from datetime import date, timedelta

from reports.timeline import TimelineEvent, timeline

END, DUE = date(2026, 10, 31), date(2026, 12, 10)


def _circles(drawing: str) -> list[float]:
    return sorted(float(x) for x in re.findall(r'<circle cx="([\d.]+)"', drawing))


def test_days_are_drawn_to_scale() -> None:
    drawing = timeline(END, DUE, [TimelineEvent(END + timedelta(20), "提交")], title="时间线")
    start, middle, end = _circles(drawing)
    assert middle - start == end - middle


def test_a_late_event_lengthens_the_line_and_keeps_the_deadline() -> None:
    drawing = timeline(END, DUE, [TimelineEvent(END + timedelta(80), "补交")], title="时间线")
    start, due, late = _circles(drawing)
    assert due - start == late - due
    assert "存证时限" in drawing
    assert ">80<" in drawing


def test_a_month_without_events_has_a_line() -> None:
    assert "月度结束" in timeline(END, DUE, [], title="时间线")


def test_labels_of_neighbouring_days_do_not_share_a_place() -> None:
    events = [TimelineEvent(END + timedelta(10), f"第 {turn} 次", "王示例") for turn in range(1, 5)]
    drawing = timeline(END, DUE, events, title="时间线")
    places = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*font-weight="700"', drawing)
    assert len(places) == len(set(places)) == 6


def test_the_first_days_label_is_not_cut_by_the_edge() -> None:
    drawing = timeline(END, DUE, [], title="时间线")
    assert re.search(r'<text x="0"[^>]*text-anchor="start">0 天<', drawing)


def test_labels_stay_inside_the_drawing() -> None:
    drawing = timeline(END, DUE, [TimelineEvent(DUE, "截止当日才提交的版本", "王示例")], title="时间线")
    ends = re.findall(r'<text x="([\d.]+)"[^>]*text-anchor="end"', drawing)
    assert ends
    assert all(float(x) <= 482 for x in ends)
