"""Every form of a parent asks first whether they agree to the texts, or says here why it need not."""

from clinic.accounts.models import Role

ASKS_ITSELF = "it turns away to the texts with the wish in the address"
ENDS = "ending what there is needs no consent"
STORES_NOTHING = "it stores nothing that the family says"
WITHOUT = {
    "families.consents": "here they agree",
    "families.revoke": ENDS,
    "families.withdraw_invitation": ENDS,
    "appointments.cancellation": ENDS,
    "appointments.keep": "the visit that was agreed to stays",
    "vaccination.removal": ENDS,
    "checkups.remove_measurement": ENDS,
    "privacy.copy": STORES_NOTHING,
    "privacy.remove_child": ENDS,
    "privacy.close_account": ENDS,
    "*.hold": ASKS_ITSELF,
    "*.remaining": ASKS_ITSELF,
    "*.release": ENDS,
    "*.leave": ENDS,
    "*.show": STORES_NOTHING,
}
KINDS = ("pediatrics", "vaccination", "checkups", "rehab")


def forms_of_parents(app):
    """The endpoints that take a form, and that parents alone may open."""
    views = app.view_functions
    return {
        rule.endpoint: views[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods
        and getattr(views[rule.endpoint], "allowed_roles", ()) == {Role.PARENT}
    }


def said_of(endpoint):
    """The name under which the table speaks of it: a page of booking is there for each kind once."""
    room, _, page = endpoint.partition(".")
    return f"*.{page}" if room in KINDS and f"*.{page}" in WITHOUT else endpoint


def test_every_form_of_a_parent_asks_first_or_says_why_not(app):
    forms = forms_of_parents(app)
    asking = {name for name, view in forms.items() if hasattr(view, "needs_consent")}
    others = {said_of(name) for name in forms.keys() - asking}

    assert len(asking) > 10
    assert others == WITHOUT.keys()


def test_what_asks_is_not_excused_as_well(app):
    forms = forms_of_parents(app)
    asking = {said_of(name) for name, view in forms.items() if hasattr(view, "needs_consent")}

    assert asking & WITHOUT.keys() == set()
