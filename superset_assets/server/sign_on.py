"""Whom an OpenID provider has let in: who that is here, what they may do, and which municipalities they see.

Runs in Superset's own environment. Belongs here: the way from the provider's word to an account, and out again.
Does not belong here: sessions (access.py), and what a municipality's border is (borders.py).

Flask-AppBuilder and Authlib walk the protocol: state, nonce, PKCE, and the checks of the ID token. Of a person no more
is kept than a name, and what the provider calls them; what else it tells, a national identity number too, is neither
kept nor logged. The ID token itself, by which the provider knows whom it is to sign out, lies sealed with the session.
"""

import json
import logging
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import borders
import requests
from access import id_token_of_session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import flash, g, redirect, render_template_string, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthOAuthView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import login_user, logout_user

log = logging.getLogger("bolig.sign_on")

PROVIDER = "oidc"
# what is told of the provider (superset_assets/sign_on.py); None where people log in by passwords
TOLD: dict[str, Any] | None = json.loads(os.environ.get("BOLIG_SUPERSET_SIGN_ON", "null"))
PAGE = Path(__file__).with_name("sign_on.html")

# of eleven digits: a national identity number, or what looks like one to whoever reads a list of names
PERSONAL_NUMBER = re.compile(r"(?<!\d)\d{6}[ ]?\d{5}(?!\d)")
LONGEST_NAME = 64  # of Superset's own table

REFUSED = "refused"
FAILED = "Innloggingen lyktes ikke. Prøv igjen, eller spør den som har ansvar for løsningen i kommunen."
NO_GROUP = (
    "Du er logget inn, men har ikke tilgang til Boligstrategi: ingen av gruppene dine gir adgang."
    " Be den som styrer tilganger i kommunen om å bli lagt til. Navnet ditt her er {name}."
)
NO_NAME = "Innloggingstjenesten ga ikke noe navn som kan brukes her. Si det til den som har ansvar for løsningen."
TOO_WEAK = "Innloggingen er ikke sterk nok for denne løsningen. Logg inn på nytt med en sikrere metode."
LOCKED = "Kontoen din er sperret. Spør den som styrer tilganger i kommunen."
NO_PASSWORD = "Feil brukernavn eller passord. Med passord kommer bare nødkontoen inn."  # noqa: S105  # pragma: allowlist secret


def providers(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The one provider, as Flask-AppBuilder's OAUTH_PROVIDERS have it."""
    client: dict[str, Any] = {
        "client_id": told["client_id"],
        "client_secret": told["client_secret"],
        "server_metadata_url": told["metadata_url"],
        "client_kwargs": {
            "scope": told["scopes"],
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic",
            "default_timeout": 10,
        },
    }
    if told["client_key"]:
        from joserfc.jwk import RSAKey

        client["client_secret"] = RSAKey.import_key(told["client_key"])
        client["client_kwargs"]["token_endpoint_auth_method"] = PrivateKeyJWT.name
        # the audience is the issuer itself, as ID-porten and RFC 7523's successor have it
        headers = {"kid": told["client_key"]["kid"]}
        client["client_auth_methods"] = [PrivateKeyJWT(token_endpoint=told["issuer"], headers=headers)]
    if told["acr"]:
        client["authorize_params"] = {"acr_values": told["acr"].split()[0]}
    return [{"name": PROVIDER, "icon": "", "token_key": "access_token", "remote_app": client}]


class SignOn:
    """What a security manager does of itself where there is a provider; access.py puts it before Superset's own."""

    register_superset_auth_view = False

    def register_views(self) -> None:
        """The pages of users and passwords, and so their rights, are those that roles.yaml names."""
        manager: Any = self
        manager.userdbmodelview.datamodel = manager.useroauthmodelview.datamodel
        manager.authoauthview, manager.useroauthmodelview = SignOnView, manager.userdbmodelview
        super().register_views()  # type: ignore[misc]
        manager.appbuilder.add_view_no_menu(manager.resetpasswordview())
        manager.appbuilder.add_view_no_menu(manager.resetmypasswordview())

    def auth_user_db(self, username: str, password: str) -> Any:
        """Whoever has this password, of the few accounts that keep one."""
        manager: Any = self
        user = manager.find_user(username=username) or manager.find_user(email=username)
        if user is None or user.username not in _told()["password_accounts"]:
            return None
        return super().auth_user_db(username, password)  # type: ignore[misc]

    def set_oauth_session(self, provider: str, oauth_response: Mapping[str, Any]) -> None:
        """Nothing of the provider's goes into a cookie: the ID token is kept until the session begins."""
        g.id_token = oauth_response.get("id_token")

    def get_oauth_user_info(self, provider: str, resp: Mapping[str, Any]) -> dict[str, Any]:
        """What the provider says of a person: in the ID token, and what that lacks where it is asked for more."""
        claims = dict(resp["userinfo"])  # of the ID token, which is checked
        remote: Any = self.oauth_remotes[provider]  # type: ignore[attr-defined]
        told = _told()
        lacks = {told["name_claim"], told["groups_claim"]} - claims.keys()
        if "profile" in told["scopes"].split():
            lacks |= {"name"} - {each.removeprefix("given_") for each in claims}
        if lacks and "userinfo_endpoint" in remote.load_server_metadata():
            more = remote.userinfo(token=resp)
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        return claims

    def auth_user_oauth(self, claims: Mapping[str, Any]) -> Any:
        """The person's account, with the roles and municipalities that their groups give now; None who is refused."""
        manager: Any = self
        told = _told()
        name = claims.get(told["name_claim"])
        if refusal := _refusal(claims, name):
            return _refuse(refusal)
        roles, municipalities = what_is_given(told["mapping"], claims.get(told["groups_claim"]))
        user = manager.find_user(username=name)
        if user and user.username != name and told["name_claim"] == "sub":
            return _refuse(NO_NAME)  # to the provider they are two
        if user and not user.is_active:
            return _refuse(LOCKED)
        if not roles:
            if user:
                _change(user, [], frozenset())
                manager.update_user(user)
            return _refuse(NO_GROUP.format(name=name))
        held = [manager.find_role(role) for role in sorted(roles)]
        first, last = called(claims)
        g.signs_on = name
        if user is None:
            borders.signed_on(name, municipalities)
            # a password that nobody knows; no address, which nothing is sent to
            user = manager.add_user(
                name, first or name, last, f"{name}@localhost.invalid", held, secrets.token_urlsafe(32)
            )
            if not user:
                manager.session.rollback()
                return _refuse(FAILED)
        else:
            user.first_name, user.last_name = first or name, last
            _change(user, held, municipalities)
        manager.update_user_auth_stat(user)
        return user


def what_is_given(mapping: Mapping[str, Any], groups: Any) -> tuple[set[str], frozenset[str]]:
    """The roles and the municipalities of somebody's groups: all of each that the mapping has."""
    held = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    mapped = [mapping[group] for group in held if isinstance(group, str) and group in mapping]
    return (
        {role for each in mapped for role in each["roles"]},
        frozenset(number for each in mapped for number in each["municipalities"]),
    )


def called(claims: Mapping[str, Any]) -> tuple[str, str]:
    """What a person is called, in two parts; empty where the provider does not say."""
    first, last = (str(claims.get(part) or "") for part in ("given_name", "family_name"))
    if not first and not last:
        first, _, last = str(claims.get("name") or "").rpartition(" ")
    return first[:64], last[:64]


def _told() -> dict[str, Any]:
    assert TOLD is not None, "there is no provider"
    return TOLD


def _refusal(claims: Mapping[str, Any], name: Any) -> str | None:
    """Why somebody has no name here, or is not known well enough; None where all is well."""
    told = _told()
    if claims.get("iss") != told["issuer"]:
        log.error("Sign-on: the provider calls itself otherwise than BOLIG_OIDC_ISSUER; nobody is let in.")
        return FAILED
    if told["acr"] and claims.get("acr") not in told["acr"].split():
        return TOO_WEAK
    # the border's own marks are in no name (dagster_project/warehouse/border.py)
    is_name = isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name[0] != "@" and "|" not in name
    if not is_name or name != name.strip():
        log.error("Sign-on: %s is no name; BOLIG_OIDC_NAME_CLAIM names another claim.", told["name_claim"])
        return NO_NAME
    if PERSONAL_NUMBER.search(name) or name == claims.get("pid"):
        log.error("Sign-on: %s holds a personal number; BOLIG_OIDC_NAME_CLAIM names another.", told["name_claim"])
        return NO_NAME
    if name.lower() in told["password_accounts"]:
        log.error("Sign-on: the provider calls somebody by the name of an account that is not theirs.")
        return NO_NAME
    return None


def _refuse(why: str) -> None:
    flash(why, REFUSED)


def _change(user: Any, roles: list[Any], municipalities: frozenset[str]) -> None:
    """In the one transaction that is under way; access.py takes the provider's word for this person's account."""
    g.signs_on = user.username
    borders.signed_on(user.username, municipalities)
    user.roles = roles


# ---------------------------------------------------------------------------------------------- the page


class SignOnView(AuthOAuthView):  # type: ignore[misc]
    """The way to the provider, the way back, and the emergency account's own door."""

    invalid_login_message = FAILED

    @expose("/login/", methods=["GET", "POST"])
    @expose("/login/<provider>")
    @no_cache
    def login(self, provider: str | None = None) -> Any:
        """The page with the button; to the provider; or in by a password."""
        if provider is not None and provider != PROVIDER:
            return redirect(url_for(".login"))
        if provider or (g.user is not None and g.user.is_authenticated):
            return super().login(provider)
        form = LoginForm_db()
        if form.validate_on_submit():
            user = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
            if user:
                login_user(user, remember=False)
                return redirect(get_safe_redirect(request.args.get("next", "")))
            flash(NO_PASSWORD, REFUSED)
            return redirect(url_for(".login"))
        return render_template_string(PAGE.read_text("utf-8"), form=form, failed=FAILED, next=request.args.get("next"))

    @expose("/logout/")
    def logout(self) -> Any:
        """Out here, and at the provider, which sends back to the page with the button."""
        hint = id_token_of_session()
        logout_user()
        page = url_for(".login", _external=True)
        if hint is None:
            return redirect(page)
        try:
            remote = self.appbuilder.sm.oauth_remotes[PROVIDER]
            asked = remote.create_logout_url(page, id_token_hint=hint, client_id=remote.client_id)
        except (RuntimeError, requests.RequestException):
            # it has no such page, or does not answer: whoever signs out here is out here all the same
            log.warning("Sign-out: the provider was not asked to sign anybody out.")
            return redirect(page)
        return redirect(asked["url"])
