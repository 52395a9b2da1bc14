"""What `serve` tells about the demo mission's accounts. They are marked by an address that can receive no mail."""

from pocweb.models import Person

DEMO_DOMAIN = "@demo.invalid"
DEMO_PASSWORD = "ouaka-market-2020"  # noqa: S105 - published on purpose, for fictional people alone


def account_lines() -> list[str]:
    """Return one line per demo account with its password on top; empty where no demo mission was built."""
    people = Person.objects.filter(email__endswith=DEMO_DOMAIN, is_active=True).order_by("pk")
    lines = [f"{person.username:<12} {person}, {person.function}" for person in people]
    return [f"password of all: {DEMO_PASSWORD}", *lines] if lines else []
