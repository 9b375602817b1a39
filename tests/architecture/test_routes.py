"""Every route says who may open it, and nothing is changed without the form's token."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.domain.access import Permission
from portal.extensions import csrf
from portal.web.access import PUBLIC, SIGNED_IN, install_guard, public, requires
from tests.factories.world import World
from tests.fixtures.application import Browser

#: Words that a page which is only read has no business to end in.
ACTS = {
    *("accept", "add", "agree", "ask", "answer", "approve", "amend", "close", "create", "decide", "delete"),
    *(
        "disable",
        "end",
        "evaluate",
        "exempt",
        "forget",
        "grant",
        "invite",
        "link",
        "mark",
        "propose",
        "ready",
    ),
    *("recall", "recheck", "refuse", "reject", "remove", "reopen", "reset", "resume", "retire", "retry"),
    *("return", "revoke", "save", "send", "sign", "start", "submit", "suspend", "take", "toggle", "update"),
    *("upload", "waive", "withdraw", "ready"),
}


#: What whoever may look may also do: say something, ask a run anew, and what the service asks more for.
OPEN_TO_READERS = {
    *("records.reopen_month", "findings.recheck", "findings.comment", "findings.bulk", "visits.retry"),
    *("patterns.search", "patterns.decide", "documents.retry", "documents.request_new_preview"),
    *("bundles.ask", "bundles.retry"),
    *("dossiers.reopen", "dossiers.withdraw", "dossiers.request_new_preview"),
}


def rules(app: Flask, method: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static" and method in (rule.methods or ()):
            yield rule


def permission_of(app: Flask, rule: Rule) -> object:
    return getattr(app.view_functions[rule.endpoint], "permission", None)


def undeclared(app: Flask) -> list[str]:
    """Routes that do not say who may open them."""
    known = {PUBLIC, SIGNED_IN, *Permission}
    return [str(rule) for rule in rules(app, "GET") if permission_of(app, rule) not in known] + [
        str(rule) for rule in rules(app, "POST") if permission_of(app, rule) not in known
    ]


def open_to_every_enterprise(app: Flask) -> list[str]:
    """Routes about an enterprise that ask for no permission."""
    return [
        str(rule)
        for rule in app.url_map.iter_rules()
        if "enterprise_id" in rule.arguments and not isinstance(permission_of(app, rule), Permission)
    ]


def acts_by_get(app: Flask) -> list[str]:
    """Routes that are only read, and whose name says that they do something."""
    return [
        str(rule)
        for rule in rules(app, "GET")
        if "POST" not in (rule.methods or ())
        and not any(
            str(other) == str(rule) and "POST" in (other.methods or ()) for other in app.url_map.iter_rules()
        )
        and set(re.split(r"[/_-]", str(rule).rsplit("/", 1)[-1])) & ACTS
    ]


def changed_by_readers(app: Flask) -> set[str]:
    """Routes that change something and ask for no more than leave to look."""
    return {
        rule.endpoint
        for rule in rules(app, "POST")
        if str(permission_of(app, rule)).endswith(":view") and rule.endpoint not in OPEN_TO_READERS
    }


def filled(rule: Rule) -> str:
    """An address of the rule with made-up arguments; no object needs to be there."""
    values = {name: 1 if hasattr(kind, "num_convert") else "x" for name, kind in rule._converters.items()}
    built = rule.build(values)
    assert built is not None
    return str(built[1])


def test_a_route_that_changes_something_asks_for_leave_to_change_it(app: Flask) -> None:
    assert changed_by_readers(app) == set()


def test_every_route_says_who_may_open_it(app: Flask) -> None:
    assert undeclared(app) == []


def test_every_route_about_an_enterprise_asks_for_a_permission(app: Flask) -> None:
    assert open_to_every_enterprise(app) == []


def test_no_address_that_is_only_read_is_named_after_an_act(app: Flask) -> None:
    assert acts_by_get(app) == []


def test_only_get_and_post_are_used(app: Flask) -> None:
    used = {method for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    assert used <= {"GET", "HEAD", "OPTIONS", "POST"}


def test_nothing_is_taken_out_of_the_protection_of_forms(app: Flask) -> None:
    assert app.config.get("WTF_CSRF_ENABLED", True)
    assert csrf._exempt_views == set()
    assert csrf._exempt_blueprints == set()


def test_a_post_without_its_token_is_refused_everywhere(
    app: Flask, world: World, browse: Callable[[int], Browser]
) -> None:
    visitor = app.test_client()
    officer = browse(world.officer.user_id).client
    answers = {}
    for rule in rules(app, "POST"):
        path = filled(rule)
        for who, client in (("visitor", visitor), ("officer", officer)):
            answer = client.post(path, data={"name": "x"})
            if answer.status_code != 400 or "放得太久" not in answer.text:
                answers[who, path] = answer.status_code
    assert answers == {}


def test_a_made_up_token_is_refused(app: Flask, world: World, browse: Callable[[int], Browser]) -> None:
    browser = browse(world.officer.user_id)
    # Not its last sign: that one holds bits which nobody reads.
    browser.token = browser.token[:-2] + ("a" if browser.token[-2] != "a" else "b") + browser.token[-1]
    answer = browser.post(f"/enterprises/{world.steel_id}/meters/new", {"code": "X"})
    assert answer.status_code == 400
    assert "放得太久" in answer.text


@pytest.fixture
def careless() -> Flask:
    """An application whose routes break the rules."""
    made = Flask(__name__, root_path=str(Path(__file__).parent))
    made.secret_key = "example"
    made.add_url_rule("/open", "open", lambda: "everything")
    made.add_url_rule("/enterprises/<int:enterprise_id>/x", "x", public(lambda enterprise_id: "x"))
    made.add_url_rule("/things/delete", "things.delete", requires(Permission.RECORD_VIEW)(lambda: "gone"))
    weak = requires(Permission.PLAN_VIEW)(lambda: "approved")
    made.add_url_rule("/plans/approve", "plans.approve", weak, methods=["POST"])
    return made


def test_the_checks_see_careless_routes(careless: Flask) -> None:
    assert undeclared(careless) == ["/open"]
    assert open_to_every_enterprise(careless) == ["/enterprises/<int:enterprise_id>/x"]
    assert acts_by_get(careless) == ["/things/delete"]
    assert changed_by_readers(careless) == {"plans.approve"}


def test_a_route_that_says_nothing_stays_shut_at_run_time(careless: Flask) -> None:
    from portal.web.errors import install_errors

    install_guard(careless)
    install_errors(careless)
    careless.config["PROPAGATE_EXCEPTIONS"] = False
    answer = careless.test_client().get("/open", headers={"Accept": "application/json"})
    assert answer.status_code != 200
    assert "everything" not in answer.text
