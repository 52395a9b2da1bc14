"""Contacts, agreements and shares of the fictional mission, made by the services."""

from datetime import UTC, date, datetime
from typing import Any

from coordination.models import Contact, Share, SharingAgreement
from coordination.sharing import contacts, services
from pocweb.models import Office

DAY = date(2020, 12, 31)
NOW = datetime(2020, 12, 31, 9, tzinfo=UTC)


def make_contact(office: Office, by: Any, name: str = "Duty officer", **values: Any) -> Contact:
    """Return a contact of the office's list, checked on 31 December 2020."""
    values = {"organization": "Prefecture", "kind": "host_state", "phone": "Radio channel 4", **values}
    values = {"office": office.code, "reviewed_on": DAY.isoformat(), "marking": 2, **values}
    return contacts.add_contact(office.mission, by=by, name=name, now=NOW, **values)


def make_agreement(office: Office, by: Any, partner: str = "Relief consortium", **values: Any) -> SharingAgreement:
    """Return an agreement of the office's mission, valid since 1 July 2020 and up to confidential."""
    values = {"kind": "ingo", "what": "Alerts on roads", "use": "Safety of convoys", "how": "By voice", **values}
    values = {"storage": "", "highest_marking": 2, "individual_cases": False, "marking": 1, **values}
    values = {"valid_from": "2020-07-01", "valid_to": None, **values}
    return services.add_agreement(office.mission, by=by, partner=partner, now=NOW, **values)


def make_share(agreement: SharingAgreement, by: Any, **values: Any) -> Share:
    """Return a share under the agreement, recorded on 31 December 2020."""
    values = {"what": "Roads to avoid", "recipient": "Security desk", "marking": 1, "shared_at": NOW, **values}
    return services.record_share(agreement, by=by, now=NOW, **values)
