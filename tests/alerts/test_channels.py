"""What arrives at Slack, a mailbox and a webhook, and what is said when it does not."""

import ssl
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from growthleads_assets.alerts.alert import Alert, Message
from growthleads_assets.alerts.channels import Channel, channels, problem_sending
from growthleads_assets.settings import load_settings
from tests.endpoints import endpoint, mail_server

REFUSED = Alert(
    key="refused routy/2024-03-26.csv",
    kind="refused_file",
    title="routy/2024-03-26.csv is refused",
    message="The header lacks <date> & more.",
    happened_at=datetime(2024, 3, 27, 8, 30, tzinfo=UTC),
    money=Decimal("1234.5"),
    money_is="the median of routy's last 28 files",
    money_is_estimate=True,
    source="routy",
    file="routy/2024-03-26.csv",
    first_day=date(2024, 3, 26),
    last_day=date(2024, 3, 26),
    run_id="7f3c",
    raised_at=datetime(2024, 3, 27, 8, 31, tzinfo=UTC),
)
MESSAGE = Message([REFUSED], "http://ui:3000")
TEXT = """\
The header lacks <date> & more.

Day: 2024-03-26
File: routy/2024-03-26.csv
Money concerned: about 1,234.50, the median of routy's last 28 files
When: 2024-03-27 08:30 UTC
Run: http://ui:3000/runs/7f3c
What to do: docs/runbook/refused_file.md"""

SECRET = "/services/T0S3CRET/B0S3CRET"


def _channel(**settings: object) -> Channel:
    [channel] = channels(load_settings(**settings))
    return channel


def _mail(port: int, user: str = "", query: str = "", to: str = "ann@example.com, bob@example.com") -> Channel:
    url = f"smtp://{user}localhost:{port}{query}"
    return _channel(smtp_url=url, alert_mail_from="growth@example.com", alert_mail_to=to)


def test_slack_gets_text_in_which_no_name_is_markup() -> None:
    with endpoint() as slack:
        assert problem_sending(_channel(slack_webhook_url=slack.url), MESSAGE) is None

    escaped = TEXT.replace("<date> & more", "&lt;date&gt; &amp; more")
    assert slack.posted == [{"text": f"*routy/2024-03-26.csv is refused*\n{escaped}"}]


def test_a_webhook_gets_every_field() -> None:
    with endpoint() as webhook:
        assert problem_sending(_channel(alert_webhook_url=webhook.url), MESSAGE) is None

    assert webhook.posted == [
        {
            "key": "refused routy/2024-03-26.csv",
            "kind": "refused_file",
            "title": "routy/2024-03-26.csv is refused",
            "message": "The header lacks <date> & more.",
            "text": TEXT,
            "source": "routy",
            "file": "routy/2024-03-26.csv",
            "first_day": "2024-03-26",
            "last_day": "2024-03-26",
            "money": "1234.50",
            "money_is": "the median of routy's last 28 files",
            "money_is_estimate": True,
            "run_id": "7f3c",
            "run_url": "http://ui:3000/runs/7f3c",
            "runbook": "docs/runbook/refused_file.md",
            "link": "http://ui:3000/runs/7f3c",
            "happened_at": "2024-03-27T08:30:00+00:00",
            "raised_at": "2024-03-27T08:31:00+00:00",
        }
    ]


def test_mail_arrives_at_everyone() -> None:
    with mail_server() as server:
        assert problem_sending(_mail(server.port), MESSAGE) is None

    [(recipients, letter)] = server.letters
    assert recipients == ["ann@example.com", "bob@example.com"]
    assert (letter["From"], letter["To"]) == ("growth@example.com", "ann@example.com, bob@example.com")
    assert letter["Subject"] == "[GrowthLeads] routy/2024-03-26.csv is refused"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().splitlines() == TEXT.splitlines()


def test_a_recipient_who_is_refused_keeps_nobody_else_from_it(caplog: pytest.LogCaptureFixture) -> None:
    with mail_server() as server:
        server.refuses = {"bob@example.com"}
        assert problem_sending(_mail(server.port), MESSAGE) is None
        assert [recipients for recipients, _ in server.letters] == [["ann@example.com"]]
        assert "bob@example.com" in caplog.text

        problem = problem_sending(_mail(server.port, to="bob@example.com"), MESSAGE)

    assert problem == "The mail server refused or failed: bob@example.com: 550 nobody of that name"


def test_a_password_goes_over_tls_where_the_server_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    with mail_server(tls=context) as server:
        strange = problem_sending(_mail(server.port, "ann:p%40ss%2Fword@"), MESSAGE)
        assert strange is not None
        assert "certificate verify failed" in strange
        assert (server.logins, server.letters) == ([], [])

        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert problem_sending(_mail(server.port, "ann:p%40ss%2Fword@"), MESSAGE) is None

    assert server.logins == [("ann", "p@ss/word", True)]
    assert len(server.letters) == 1


def test_no_password_goes_over_the_network_unencrypted() -> None:
    with mail_server() as server:
        problem = problem_sending(_mail(server.port, "ann:p%40ss%2Fword@", "?starttls=required"), MESSAGE)
        assert problem is not None
        assert "offers no STARTTLS" in problem
        assert (server.logins, server.letters) == ([], [])

        wrong = problem_sending(_mail(server.port, "ann:s3cret@", "?starttls=never"), MESSAGE)

    assert wrong is not None
    assert wrong.startswith("The mail server refused or failed: 535 ")
    assert "s3cret" not in wrong


def test_a_redirect_is_no_delivery() -> None:
    with endpoint() as webhook:
        webhook.statuses = [302]
        problem = problem_sending(_channel(alert_webhook_url=webhook.url), MESSAGE)

    assert problem is not None
    assert problem.startswith("The endpoint answered 302 ")


def test_a_secret_url_is_never_shown() -> None:
    with endpoint(SECRET) as slack:
        slack.statuses, slack.says = [404], f"no team at {SECRET}".encode()
        channel = _channel(slack_webhook_url=slack.url)
        problem = problem_sending(channel, MESSAGE)

    assert problem == "The endpoint answered 404 Not Found: no team at ***"
    gone = problem_sending(channel, MESSAGE)
    assert gone is not None
    assert gone.startswith("The endpoint cannot be reached: ")
    mail = _mail(1, "ann:s3cret@")
    assert "S3CRET" not in f"{gone} {channel} {channel!r} {mail} {mail!r}".upper()


def test_an_endpoint_that_takes_its_time_holds_nobody_up() -> None:
    with endpoint() as webhook:
        webhook.answers.clear()
        problem = problem_sending(_channel(alert_webhook_url=webhook.url), MESSAGE, seconds=0.1)

    assert problem == "It was not taken within 0.1 seconds."


def test_many_alerts_are_listed_in_one_message() -> None:
    days = [date(2024, 1, 1).replace(day=number) for number in range(1, 32)]
    late = [
        Alert(
            key=f"late routy {day}",
            kind="late_file",
            title=f"routy/{day}.csv is late",
            message="Others came.",
            happened_at=REFUSED.happened_at,
            money=Decimal(day.day),
            money_is="the median of routy's last 3 files",
            source="routy",
            file=f"routy/{day}.csv",
            first_day=day,
            last_day=day,
        )
        for day in days
    ]
    message = Message([*late, *late], "http://ui:3000/")

    assert message.title == "62 required files are late"
    lines = message.text.splitlines()
    assert lines[0] == (
        "- routy/2024-01-01.csv is late: Others came. Money concerned: 1.00, the median of routy's last 3 files. "
        "http://ui:3000/assets/bronze/routy"
    )
    assert lines[-3:] == [
        "- and 12 more: `growthleads alerts` lists them.",
        "",
        "What to do: docs/runbook/late_file.md",
    ]
    fields = message.fields()
    assert (fields["kind"], fields["source"], fields["file"]) == ("late_file", "routy", None)
    assert isinstance(fields["alerts"], list)
    assert [alert["money"] for alert in fields["alerts"][:3]] == ["1.00", "2.00", "3.00"]
    assert len(fields["alerts"]) == 62
