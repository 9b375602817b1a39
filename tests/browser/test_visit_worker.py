"""The worker of visits where the network is there and does not answer; its clock is turned by the test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

import portal

pytestmark = pytest.mark.browser

WORKER = Path(portal.__file__).parent / "static" / "js" / "visit-worker.js"
#: Runs the worker's own text with a network, a store and a clock that the test holds in its hands.
STAGE = """
(code) => {
  const kept = new Map(), listeners = {}, clock = [];
  let asked, network;
  const nameOf = (asked) => new URL(asked.url ?? asked, "https://portal.test").pathname;
  const cache = {
    match: async (asked) => kept.get(nameOf(asked)),
    put: async (asked, answer) => { kept.set(nameOf(asked), new Response(await answer.text())); },
    delete: async (asked) => kept.delete(nameOf(asked)),
  };
  const caches = { open: async () => cache, match: cache.match };
  const location = { origin: "https://portal.test" };
  const self = { location, addEventListener: (name, act) => { listeners[name] = act; } };
  const fetch = () => new Promise((answer, fail) => asked({ answer, fail }));
  new Function("self", "caches", "fetch", "setTimeout", code)(self, caches, fetch, (act) => clock.push(act));
  window.stage = {
    keep: (path, text) => kept.set(path, new Response(text)),
    kept: async (path) => (await kept.get(path)?.clone().text()) ?? null,
    ask: (path, mode) => {
      const event = { request: { url: `https://portal.test${path}`, method: "GET", mode }, after: [] };
      const text = async (answer) => (await answer).text();
      event.respondWith = (answer) => { event.answer = text(answer).catch(() => "failed"); };
      event.waitUntil = (work) => event.after.push(work);
      network = new Promise((resolve) => { asked = resolve; });
      listeners.fetch(event);
      window.event = event;
    },
    patienceEnds: () => clock.forEach((act) => act()),
    network: async (text, status = 200) => {
      const answer = new Response(text, { status });
      Object.defineProperty(answer, "type", { value: "basic" });
      (await network).answer(answer);
    },
    stalls: async () => (await network).answer(new Response(new ReadableStream())),
    breaks: async () => (await network).fail(new TypeError("no network")),
    answer: () => window.event.answer,
    settled: () => Promise.all(window.event.after),
  };
}
"""
WALK, STYLE = "/enterprises/1/visits/2/walk", "/static/css/portal.css"


@pytest.fixture
def stage(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.evaluate(STAGE, WORKER.read_text(encoding="utf-8"))
    yield page
    page.close()


def told(stage: Page, steps: str) -> Any:
    """Do the steps and give what the reader gets."""
    return stage.evaluate(f"async () => {{ {steps}; return stage.answer(); }}")


@pytest.mark.parametrize(("path", "mode"), [(WALK, "navigate"), (STYLE, "no-cors")])
def test_what_is_kept_is_shown_when_the_network_does_not_answer(stage: Page, path: str, mode: str) -> None:
    steps = f"stage.keep('{path}', 'kept'); stage.ask('{path}', '{mode}'); stage.patienceEnds()"
    assert told(stage, steps) == "kept"


def test_a_body_that_stalls_is_no_answer_either(stage: Page) -> None:
    asked = f"stage.keep('{STYLE}', 'kept'); stage.ask('{STYLE}', 'no-cors')"
    steps = f"{asked}; await stage.stalls(); stage.patienceEnds()"
    assert told(stage, steps) == "kept"


@pytest.mark.parametrize(("path", "mode"), [(WALK, "navigate"), (STYLE, "no-cors")])
def test_the_network_comes_first_where_it_answers(stage: Page, path: str, mode: str) -> None:
    steps = f"stage.keep('{path}', 'kept'); stage.ask('{path}', '{mode}'); await stage.network('new')"
    assert told(stage, steps) == "new"


@pytest.mark.parametrize(("path", "mode"), [(WALK, "navigate"), (STYLE, "no-cors")])
def test_without_anything_kept_the_network_is_waited_for(stage: Page, path: str, mode: str) -> None:
    steps = f"stage.ask('{path}', '{mode}'); stage.patienceEnds(); await stage.network('new')"
    assert told(stage, steps) == "new"


@pytest.mark.parametrize(("path", "mode"), [(WALK, "navigate"), (STYLE, "no-cors")])
def test_a_network_that_fails_gives_what_is_kept_at_once(stage: Page, path: str, mode: str) -> None:
    steps = f"stage.keep('{path}', 'kept'); stage.ask('{path}', '{mode}'); await stage.breaks()"
    assert told(stage, steps) == "kept"
    assert told(stage, f"stage.ask('{STYLE}x', 'no-cors'); await stage.breaks()") == "failed"


@pytest.mark.parametrize(("status", "left"), [(200, "new"), (403, None)])
def test_an_answer_that_comes_late_still_sets_the_kept_page_right(
    stage: Page, status: int, left: str | None
) -> None:
    first = f"stage.keep('{WALK}', 'kept'); stage.ask('{WALK}', 'navigate'); stage.patienceEnds()"
    assert told(stage, first) == "kept"
    late = f"await stage.network('new', {status}); await stage.settled(); return stage.kept('{WALK}')"
    assert stage.evaluate(f"async () => {{ {late} }}") == left
