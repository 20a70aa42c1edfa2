"""E-mail over SMTP.

Belongs here: the letter, and the conversation with the mail server. Does not: whether it is tried again.
"""

import logging
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from growthleads_assets.alerts.alert import Message
from growthleads_assets.alerts.failure import DeliveryFailed
from growthleads_assets.settings import MailServer

SECONDS = 10

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mail:
    """Mail from one address to some (with commas between them), through a server."""

    server: MailServer = field(repr=False)
    sender: str
    recipients: str
    name: str = "mail"

    def send(self, message: Message) -> None:
        """Send the message as a letter in plain text. Raises DeliveryFailed."""
        try:
            with self._connected() as link:
                self._secure(link)
                if self.server.user:
                    link.login(self.server.user, self.server.password)
                refused = link.send_message(self._letter(message))
        except (OSError, smtplib.SMTPException) as problem:
            secrets = (self.server.password,)
            raise DeliveryFailed(f"The mail server refused or failed: {_words(problem)}", secrets) from None
        if refused:
            # Others have it now, and would get it again and again if it were sent once more.
            LOG.warning("The mail server refused the recipients %s of an alert.", ", ".join(refused))

    def _connected(self) -> smtplib.SMTP:
        if self.server.is_tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.server.host, self.server.port, timeout=SECONDS, context=context)
        return smtplib.SMTP(self.server.host, self.server.port, timeout=SECONDS)

    def _secure(self, link: smtplib.SMTP) -> None:
        link.ehlo_or_helo_if_needed()
        if self.server.is_tls or self.server.starttls == "never":
            return
        if link.has_extn("starttls"):
            link.starttls(context=ssl.create_default_context())
        elif self.server.starttls == "required":
            raise DeliveryFailed(
                "The mail server offers no STARTTLS, without which the password would go over the network as it is: "
                "use smtps://, or end GROWTHLEADS_SMTP_URL in ?starttls=never if that is all right."
            )

    def _letter(self, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["Subject"] = f"[GrowthLeads] {message.title}"
        letter["From"] = self.sender
        letter["To"] = self.recipients
        letter["Date"] = formatdate(localtime=True)
        letter["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        # No answer of an absent recipient's mailbox is wanted (RFC 3834).
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text)
        return letter


def _words(problem: Exception) -> str:
    """What a server said, without the quotes of Python's bytes."""
    if isinstance(problem, smtplib.SMTPResponseException):
        said = problem.smtp_error
        return f"{problem.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return "; ".join(
            f"{to}: {code} {said.decode(errors='replace')}" for to, (code, said) in problem.recipients.items()
        )
    return str(problem)
