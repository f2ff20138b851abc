"""Sign-on by an OpenID provider: whether its settings hang together, and what Superset's processes are told of it.

Belongs here: what is to be seen before anybody signs on. Does not belong here: signing somebody on (server/sign_on.py).
"""

import json
from typing import Any

import yaml

from dagster_project import BoligError
from dagster_project.settings import PROJECT_DIR, Settings

ROLES = PROJECT_DIR / "superset_assets" / "roles.yaml"


class NotSetUp(BoligError):
    """The settings of sign-on do not hang together; the message says which, and what to do."""


def metadata_url(settings: Settings) -> str:
    """Where the provider tells of itself."""
    return f"{(settings.oidc_issuer or '').rstrip('/')}/.well-known/openid-configuration"


def told(settings: Settings, password_accounts: tuple[str, ...]) -> str:
    """What Superset's processes are told, as JSON; `null` where people log in by passwords. Raises NotSetUp.

    `password_accounts`: who keeps a password all the same.
    """
    if settings.oidc_issuer is None:
        given = [
            str(field.validation_alias)
            for name, field in Settings.model_fields.items()
            if name in ("oidc_client_id", "oidc_client_secret", "oidc_client_key", "oidc_mapping")
            and getattr(settings, name) is not None
        ]
        if given:
            raise NotSetUp(f"{', '.join(given)} is set, but no BOLIG_OIDC_ISSUER: set that too, or none of them.")
        return "null"
    if not settings.oidc_client_id or not settings.oidc_mapping:
        missing = "BOLIG_OIDC_MAPPING" if settings.oidc_client_id else "BOLIG_OIDC_CLIENT_ID"
        raise NotSetUp(f"BOLIG_OIDC_ISSUER is set, but no {missing}: nobody could sign on.")
    if bool(settings.oidc_client_secret) == bool(settings.oidc_client_key):
        raise NotSetUp("One of BOLIG_OIDC_CLIENT_SECRET and BOLIG_OIDC_CLIENT_KEY must be set, and not both.")
    key = _key(settings.oidc_client_key)
    roles = yaml.safe_load(ROLES.read_text("utf-8"))
    for group, mapped in settings.oidc_mapping.items():
        if unknown := set(mapped.roles) - set(roles):
            raise NotSetUp(
                f"BOLIG_OIDC_MAPPING gives {group} the role {', '.join(sorted(unknown))}: there are {', '.join(roles)}."
            )
    return json.dumps(
        {
            "issuer": settings.oidc_issuer,
            "metadata_url": metadata_url(settings),
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret,
            "client_key": key,
            "scopes": settings.oidc_scopes,
            "acr": settings.oidc_acr,
            "name_claim": settings.oidc_name_claim,
            "groups_claim": settings.oidc_groups_claim,
            "mapping": {group: mapped.model_dump() for group, mapped in settings.oidc_mapping.items()},
            "password_accounts": password_accounts,
        }
    )


def _key(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        key = json.loads(text)
        is_private = key["kty"] == "RSA" and bool(key["kid"]) and bool(key["d"])
    except (ValueError, KeyError, TypeError):
        is_private = False
    if not is_private:
        raise NotSetUp("BOLIG_OIDC_CLIENT_KEY is no private RSA key as a JWK with a kid.")
    return dict(key)
