"""Community and local plans, engagements and allegations of the fictional mission, made by the services."""

import io
from datetime import UTC, date, datetime
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

from coordination.communities import engagements, local_plans, plans, reprisals
from coordination.communities.plan_rules import STEPS, WAY
from coordination.models import CommunityPlan, Engagement, Forum, LocalPlan, Network, Reprisal
from pocweb.choices import Marking
from pocweb.models import Area, Counter, Office

NOW = datetime(2020, 12, 31, 9, tzinfo=UTC)
DAY = date(2020, 12, 30)


def make_network(office: Office, by: Any, name: str = "Ippy road", **values: Any) -> Network:
    """Return an alert network of an office's first area, set straight to what a plan needs of it."""
    stamps = {"created_at": NOW, "created_by": by, "changed_at": NOW, "changed_by": by}
    columns = {"area": office.areas.first(), "communities": "Lissa, Ndah", **stamps, **values}
    number = Counter.take(office.mission, "network")
    return Network.objects.create(mission=office.mission, office=office, number=number, name=name, **columns)


def make_plan(area: Area, by: Any, state: str = "draft", forum: Forum | None = None, **values: Any) -> CommunityPlan:
    """Return a plan of an area, brought to a state through the services; `adopter` and `forum` where it needs them."""
    adopter = values.pop("adopter", by)
    values = {"year": 2020, "semester": 2, "no_network_reason": "No line reaches the area.", **values}
    plan = plans.add_plan(by.mission, area=area, by=by, now=NOW, **values)
    if state == "draft":
        return plan
    plans.add_consultation(
        plan, held_on=DAY, with_whom="Women's association", womens_organizations=True, people=12, by=by, now=NOW
    )
    for step in STEPS:
        if not step.needs_reason:
            actor = adopter if step.act == "adopt" else by
            plan = plans.move_plan(plan, step.act, by=actor, forum=forum if step.act == "review" else None, now=NOW)
            if plan.state == state:
                return plan
    raise ValueError(f"No way leads to {state}: {WAY}")


def engagement_values(area: Area, **values: Any) -> dict[str, Any]:
    """Return what an engagement needs: women and elders met in an area, safely."""
    given = {
        "purposes": ["threat", "self_protection"], "groups": ["women", "elders"], "held_on": DAY, "area": area,
        "place": "Market", "risk": "safe", "tier": 1, "phase": "prevention", "findings": "Checkpoints after dark.",
        "counts": {"female:adult": 7, "female:unknown": 2, "male:older": 3},
    }  # fmt: skip
    return given | values


def make_engagement(area: Area, by: Any, **values: Any) -> Engagement:
    """Return an engagement record, made by the service."""
    return engagements.add_engagement(by.mission, by=by, now=NOW, **engagement_values(area, **values))


def keep_persons(engagement: Engagement, by: Any, details: str = "Key W-3, sells salt", **values: Any) -> Engagement:
    """Return the record with details of persons and the consent to keep them."""
    values = {"consent_scope": ["record", "refer"], "consent_on": DAY, **values}
    return engagements.keep_persons(engagement, personal_details=details, by=by, now=NOW, **values)


def make_reprisal(by: Any, text: str = "Told to leave after the meeting.", **values: Any) -> Reprisal:
    """Return an allegation, filed by the service; somebody of human rights has to be cleared for it."""
    return reprisals.file_reprisal(by.mission, text=text, by=by, now=NOW, **values)


def make_local_plan(forum: Forum, by: Any, risks: int = 1, lines: int = 1, **values: Any) -> LocalPlan:
    """Return a draft of a forum's local plan for the next half year, with risks and lines of a component."""
    values = {"title": "Plan of Bambari", "starts_on": date(2021, 1, 1), "ends_on": date(2021, 6, 30), **values}
    plan = local_plans.add_local_plan(forum, by=by, now=NOW, **values)
    component = forum.mission.components.get(code="police")
    for number in range(risks):
        risk = local_plans.add_risk(plan, text=f"Risk {number + 1}", by=by, now=NOW)
        for _line in range(lines):
            local_plans.add_line(risk, by=by, now=NOW, **line_values(component=component))
    plan.refresh_from_db()
    return plan


def line_values(**values: Any) -> dict[str, Any]:
    """Return the four parts of a line of a local plan."""
    given = {"actor": None, "component": None, "activity": "Night patrol", "capacity": "One platoon"}
    return given | {"role": "Leads", "responsibility": "Reports to the forum"} | values


def make_picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a real picture that says where and when it was taken: GPS and camera in EXIF, XMP, a comment."""
    image, out = Image.new("RGB", size, (200, 120, 40)), io.BytesIO()
    exif = Image.Exif()
    exif[Base.Make], exif[Base.DateTime] = "SpyCam", "2020:12:30 06:11:00"
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (5.0, 45.0, 43.2)})
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLongitudeRef: "E", GPS.GPSLongitude: (20.0, 40.0, 12.0)})
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">XMPGPS 5,45.72N</x:xmpmeta>'
    if kind == "PNG":
        notes = PngInfo()
        notes.add_text("Location", "PNGGPS 5,45.72N")
        image.save(out, "PNG", exif=exif, pnginfo=notes)
    else:
        image.save(out, "JPEG", exif=exif, xmp=xmp, comment=b"COMMENTGPS Bambari")
    return out.getvalue()


def cleared(person: Any) -> Any:
    """Return the person cleared for what is strictly confidential."""
    person.clearance = Marking.STRICTLY_CONFIDENTIAL
    person.save(update_fields=["clearance"])
    return type(person).objects.get(pk=person.pk)
