"""Everything that is held about one buyer, as one document (GDPR, Art. 15 and 20)."""

from typing import Any

from django.utils import timezone

from solitude.buyers import holdings
from solitude.buyers.models import Buyer
from solitude.web.answers import time_text

FORMAT, VERSION = "solitude-buyer", 1


def document(buyer: Buyer) -> dict[str, Any]:
    """What `docs/retention.md` describes. It holds personal data: whoever writes it down answers for the file."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": time_text(timezone.now()),
        **holdings.of(buyer),
    }
