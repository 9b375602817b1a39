"""Pages of meters."""

from flask import Blueprint

blueprint = Blueprint("meters", __name__)
