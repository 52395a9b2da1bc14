"""Photographs of engagements: read as strangers' files, drawn anew without what tells where and when, kept privately.

Nothing of the file that came in is stored. The picture is decoded and encoded again, so that no EXIF, XMP, IPTC,
comment, thumbnail or profile comes along (CM-12). Source: POC Handbook 2020, 10.1; the stripping is ours.
"""

import hashlib
import io
import secrets
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from coordination.communities import engagement_rules as rules
from coordination.models import Engagement, EngagementPhoto
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import RuleError
from pocweb.permissions import require
from threats.services.matrix_files import write_private

CHANGE = "coordination.change_engagement"
FOLDER = "engagement-photos"
MOST_BYTES, MOST_PIXELS, LONGEST_SIDE = 12_000_000, 40_000_000, 2400
MOST_PER_RECORD = 12
FORMATS = ("JPEG", "PNG")


def stripped(content: bytes) -> bytes:
    """Return the picture of a JPEG or PNG file as a new JPEG of at most 2400 pixels a side, with nothing beside it.

    Raises `RuleError` for other files, for one that is too large in bytes or pixels, and for one that is broken. The
    pixels are counted from the header, before anything is decoded.
    """
    if len(content) > MOST_BYTES:
        raise RuleError("photo_large", _("The file is larger than 12 MB. Send a smaller one."), "photo")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            if image.width * image.height > MOST_PIXELS:
                words = _("The picture has more than 40 million pixels. Send a smaller one.")
                raise RuleError("photo_large", words, "photo")
            return _drawn_anew(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        words = _("The picture has more than 40 million pixels. Send a smaller one.")
        raise RuleError("photo_large", words, "photo") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise RuleError("photo_unreadable", _("This is no JPEG or PNG picture, or it is broken."), "photo") from error


def _drawn_anew(image: Image.Image) -> bytes:
    """Turn the picture as its camera was held, make it small, and copy nothing but pixels into a new file."""
    turned = ImageOps.exif_transpose(image) or image
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    flat = turned.convert("RGBA")
    fresh = Image.new("RGB", flat.size, "white")
    fresh.paste(flat, mask=flat.getchannel("A"))
    out = io.BytesIO()
    fresh.save(out, "JPEG", quality=85)
    return out.getvalue()


def path_of(photo: EngagementPhoto) -> Path:
    """Return where the file of a photograph lies, out of the web's reach."""
    return Path(settings.MEDIA_ROOT) / photo.file


@transaction.atomic
def add_photo(
    engagement: Engagement, *, content: bytes, caption: str, by: Any, now: datetime | None = None
) -> EngagementPhoto:
    """Store a photograph of an engagement, stripped, and return it.

    Refused for records that concern a child victim, where the risk lets nothing of persons be kept, and without
    consent. Raises `Forbidden`, and `RuleError` with the field (CM-12).
    """
    rows = Engagement.objects.select_for_update(of=("self",)).select_related("mission", "office")
    engagement = rows.get(pk=engagement.pk)
    require(by, CHANGE, engagement)
    rules.check_photo(
        concerns_child_victim=engagement.concerns_child_victim,
        risk=engagement.risk,
        withdrawn_on=engagement.withdrawn_on,
        consent_on=engagement.consent_on,
        scope=engagement.consent_scope,
    )
    if not caption.strip():
        raise RuleError("caption_missing", _("Say what it shows, without names."), "caption")
    if engagement.photos.count() >= MOST_PER_RECORD:
        raise RuleError("photos_many", _("A record keeps at most 12 photographs."), "photo")
    clean = stripped(content)
    name = f"{FOLDER}/{engagement.pk}/{secrets.token_hex(16)}.jpg"
    moment = now or clock.now(engagement.mission)
    photo = EngagementPhoto.objects.create(
        engagement=engagement, file=name, caption=caption.strip()[:160], sha256=hashlib.sha256(clean).hexdigest(),
        added_at=moment, added_by=by,
    )  # fmt: skip
    record_event(by, "added a photograph to", engagement, changes={"photos": [None, 1]}, now=moment)
    write_private(path_of(photo), clean)  # last, so that a refused act leaves no file behind
    return photo


@transaction.atomic
def remove_photo(photo: EngagementPhoto, *, by: Any, now: datetime | None = None) -> None:
    """Remove a photograph, row and file. Raises `Forbidden`."""
    engagement = photo.engagement
    require(by, CHANGE, engagement)
    _forget([photo])
    moment = now or clock.now(engagement.mission)
    record_event(by, "removed a photograph from", engagement, changes={"photos": [1, None]}, now=moment)


def forget_photos(engagement: Engagement) -> int:
    """Remove all photographs of a record, inside the caller's transaction; return how many there were."""
    photos = list(engagement.photos.all())
    _forget(photos)
    return len(photos)


def _forget(photos: list[EngagementPhoto]) -> None:
    """Delete rows now, and files once the transaction holds: a refused act must not lose a picture."""
    paths = [path_of(photo) for photo in photos]
    EngagementPhoto.objects.filter(pk__in=[photo.pk for photo in photos]).delete()

    def unlink() -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    transaction.on_commit(unlink)
