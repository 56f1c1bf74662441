"""The WSGI entry point: `flask --app wsgi …` and `gunicorn wsgi:app -c python:clinic.server`."""

from clinic.app import create_app

app = create_app()
