"""The WSGI entry point: ``gunicorn wsgi:app`` in production, ``portal serve`` on one machine."""

from portal.app import create_app
from portal.config import Settings

app = create_app(Settings.from_env())
