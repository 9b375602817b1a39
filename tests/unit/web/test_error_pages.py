"""Error pages come out when little else still works."""

from pathlib import Path

import pytest
from flask import Blueprint, Flask, render_template
from flask_babel import Babel
from flask_wtf import CSRFProtect
from markupsafe import Markup

from portal.web import formats

PORTAL = Path(__file__).resolve().parents[3] / "portal"


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__, static_folder=None, template_folder=str(PORTAL / "templates"))
    app.add_url_rule("/static/<path:filename>", "static", lambda filename: filename)
    Babel(app, default_locale="zh")
    CSRFProtect(app)
    formats.install(app.jinja_env)
    app.jinja_env.globals["icon"] = lambda *_, **__: Markup("<svg></svg>")
    identity = Blueprint("identity", __name__)
    identity.add_url_rule("/language", "set_language", lambda: "", methods=["POST"])
    app.register_blueprint(identity)
    return app


def test_the_page_for_a_broken_server_needs_no_session_and_no_account(app: Flask) -> None:
    with app.test_request_context("/anything"):  # no SECRET_KEY: whoever touches the session fails
        page = render_template("errors/500.html", request_id="7f3a")
    assert "<h1>服务器出了问题</h1>" in page
    assert "求助时请报编号 7f3a" in page
    assert "csrf" not in page


@pytest.mark.parametrize("code", [400, 403, 404, 409, 413, 429, 503])
def test_an_error_page_says_what_happened_and_where_to_go(app: Flask, code: int) -> None:
    app.config["SECRET_KEY"] = "only for this test"
    with app.test_request_context("/anything"):
        page = render_template(f"errors/{code}.html", message="合同已于今天结束")
    assert page.count("<h1>") == 1
    assert "合同已于今天结束" in page
    assert 'href="/"' in page


@pytest.mark.parametrize("code", [400, 403, 404, 409, 413, 429, 500, 503])
def test_an_error_page_carries_no_inline_script_or_style(app: Flask, code: int) -> None:
    app.config["SECRET_KEY"] = "only for this test"
    with app.test_request_context("/anything"):
        page = render_template(f"errors/{code}.html")
    assert "style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page
    assert all("src=" in tag for tag in page.split("<script")[1:])
