"""A browser that sends forms again and again, each at the moment when others send it too."""

import time_machine
from flask import current_app
from werkzeug.datastructures import MultiDict

from tests.whole_site import NOW


def act(wait, secret, forms, without):
    """Send each form once the door opens, `without` some fields.

    How each was answered: the status, where it leads, what is said there, and the link that is shown.
    """
    app = current_app._get_current_object()
    app.secret_key = secret
    return [_send(app, wait, session, path, fields, without) for session, path, fields in forms]


def _send(app, wait, session, path, fields, without):
    with app.app_context(), time_machine.travel(NOW, tick=False):  # of this request alone
        client = app.test_client()
        with client.session_transaction() as held:
            held.update(session)
        sent = MultiDict(each for each in fields if each[0] not in without)
        wait()
        answer = client.post(path, data=sent)
        with client.session_transaction() as held:
            said = held.get("_flashes", [])
        link = answer.text.partition('<input id="link" value="')[2].partition('"')[0]
    return answer.status_code, answer.location, said, link
