"""How does a phone come by the root of a CA, and how is it told from another?

A page on the local network for a few minutes: plain HTTP, because the phone does
not trust us yet. So nobody is to believe the page; what counts is the fingerprint
that the phone shows of the certificate and the terminal of ours.
"""

from __future__ import annotations

from .files import Download as Download
from .files import downloads as downloads
from .page import page as page
from .qr import svg as svg
from .qr import terminal as terminal
from .serving import choose_address as choose_address
from .serving import Ended as Ended
from .serving import PhoneServer as PhoneServer
