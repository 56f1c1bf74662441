"""The WSGI entry point: `flask --app wsgi …` and `gunicorn wsgi:app`."""

from clinic.app import create_app

app = create_app()
