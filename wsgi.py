"""The WSGI entry point: ``gunicorn wsgi:app`` in production, ``portal serve`` on one machine."""

import gc

from portal.app import create_app
from portal.config import Settings

app = create_app(Settings.from_env())

# What was loaded by now lives as long as the process: the collector need not look at it at each request.
gc.collect()
gc.freeze()
