"""What stands between the files and a padlock, and what is to be typed against it?

Each module looks at one part of the way and yields findings, the good ones too.
Nothing is changed. Who is to see what came before the slow parts can show each
finding as it comes.
"""

from __future__ import annotations

from .finding import Finding as Finding
