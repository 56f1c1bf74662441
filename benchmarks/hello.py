"""The baseline of every page: the smallest Flask application, on the same server settings."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "hello"
