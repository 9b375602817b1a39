"""Messages that travel in the session's cookie: a browser drops a cookie over 4 kB, and the words with it."""

from flask import Flask, Response, session

#: A sign of Chinese takes about three bytes of the cookie; the rest is for what else the session holds.
MOST_SIGNS = 700


def install_flashes(app: Flask) -> None:
    """Shorten what is to be said on the next page to what a cookie can carry."""
    app.after_request(_shorten)


def _shorten(response: Response) -> Response:
    if session.accessed and "_flashes" in session:
        waiting = session["_flashes"]
        if sum(len(text) for _, text in waiting) > MOST_SIGNS:
            session["_flashes"] = _cut(waiting)
    return response


def _cut(waiting: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The newest messages, each cut to what is left."""
    kept: list[tuple[str, str]] = []
    left = MOST_SIGNS
    for category, text in reversed(waiting):
        if left <= 0:
            break
        kept.insert(0, (category, text if len(text) <= left else f"{text[: left - 1]}…"))
        left -= len(text)
    return kept
