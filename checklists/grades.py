"""The words that grade checks, questions and their sources."""

from typing import Final, Literal

Severity = Literal["blocking", "explain", "note"]
Confidence = Literal["official", "transcribed", "unverified"]

#: From the heaviest: blocking stops signing, explain needs an explanation, note only informs.
SEVERITIES: Final[tuple[Severity, ...]] = ("blocking", "explain", "note")
CONFIDENCES: Final[tuple[Confidence, ...]] = ("official", "transcribed", "unverified")
