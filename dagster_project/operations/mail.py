"""How an e-mail leaves: by the mail server of the settings, encrypted where that can be.

Belongs here: the message and its way. Does not belong here: what it says (alerts.py, letters.py).
"""

import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from dagster_project import BoligError
from dagster_project.settings import Settings


class MailNotSent(BoligError):
    """The mail server is not one to send to; the message says why."""


def send(
    settings: Settings, to: Sequence[str], subject: str, text: str, attached: Mapping[str, bytes] | None = None
) -> None:
    """One message to all of them, with these PDFs by their names. Raises OSError, SMTPException, MailNotSent."""
    assert settings.alert_smtp
    server = urlsplit(settings.alert_smtp)
    host = str(server.hostname)
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = settings.alert_from or f"bolig@{socket.getfqdn()}"
    message["To"] = ", ".join(to)
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid()
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    for name, content in (attached or {}).items():
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    strict = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, server.port or 465, timeout=30, context=strict)
        if server.scheme == "smtps"
        else smtplib.SMTP(host, server.port or 25, timeout=30)
    ) as smtp:
        smtp.ehlo()
        if server.scheme == "smtp":
            if smtp.has_extn("starttls"):
                smtp.starttls(context=strict if server.password else _opportunistic())
                smtp.ehlo()
            elif server.password:
                raise MailNotSent(
                    f"{host} offers no encryption, and a password is not sent without (BOLIG_ALERT_SMTP)."
                )
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(message)


def _opportunistic() -> ssl.SSLContext:
    """Between mail servers encryption without a certificate that is known is the rule, and better than none."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
