"""What does somebody read who opens the page on a phone?"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from .files import Download

_STYLE = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 40rem;
  padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; }
a.file { display: block; padding: .8rem 1rem; margin: .5rem 0; border-radius: .5rem;
  background: #0b57d0; color: #fff; text-align: center; text-decoration: none; }
.warning { border-left: .3rem solid #d29922; padding-left: .8rem; }
summary { font-weight: 600; padding: .6rem 0; }
svg { display: block; width: min(15rem, 80vw); margin: 1rem auto; }
"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>{style}</style>
</head>
<body>
<h1>{name}</h1>
<p>The root of a CA for development. It can sign {permits} and nothing else.</p>
<p class="warning">Anybody on this network could have changed this page. Before you
switch trust on, open the certificate's details on this device and compare its
<strong>SHA-256 fingerprint</strong> with the one on the computer's screen. If one
character differs, delete it.</p>
{buttons}
<details id="ios"><summary>iPhone and iPad</summary>
<ol>
<li>Open this page in Safari, tap <em>Profile for Apple devices</em>, then Allow.</li>
<li>Settings, General, VPN &amp; Device Management, {name}: tap More Details and the
certificate, and compare the fingerprint. Then tap Install.</li>
<li>Settings, General, About, Certificate Trust Settings: switch {name} on.</li>
</ol></details>
<details id="android"><summary>Android</summary>
<ol>
<li>Tap <em>Certificate</em>, which saves the file.</li>
<li>Settings, Security &amp; privacy, More security settings, Encryption &amp;
credentials, Install a certificate, CA certificate, Install anyway; choose the
file.</li>
<li>Trusted credentials, User, {name}: compare the fingerprint. If it differs, remove
it there.</li>
</ol>
<p>Chrome trusts it then. Apps do only if their network security configuration says
so, and Firefox after <em>Use third party CA certificates</em> in its secret settings.
</p></details>
<details id="windows"><summary>Windows</summary>
<ol>
<li>Save <em>Certificate</em> and type:
<code>certutil -hashfile {crt} SHA256</code>. Compare the fingerprint.</li>
<li>Type: <code>certutil -user -addstore Root {crt}</code></li>
</ol></details>
<details id="macos"><summary>macOS</summary>
<ol>
<li>Save <em>PEM</em> and type:
<code>openssl x509 -in {pem} -noout -fingerprint -sha256</code>. Compare the
fingerprint.</li>
<li>Type: <code>security add-trusted-cert -r trustRoot -p basic -p ssl -k
~/Library/Keychains/login.keychain-db {pem}</code></li>
</ol></details>
<p>To take it back, delete it in the same place.</p>
{code}
</body>
</html>
"""
_LABELS = ("Profile for Apple devices", "Certificate", "PEM")


def page(
    listed_as: str, permits: str, files: Sequence[Download], code: str | None
) -> tuple[bytes, str]:
    """The page, and the content security policy that it is sent with.

    It does not show the fingerprint: a forged page would show a forged one.

    :param code: The QR code as SVG, for another device.
    """
    _, crt, pem = files
    text = _PAGE.format(
        name=escape(listed_as),
        style=_STYLE,
        permits=escape(permits),
        crt=escape(crt.name),
        pem=escape(pem.name),
        buttons="\n".join(map(_button, files, _LABELS)),
        code=f"<p>For another device:</p>\n{code}" if code else "",
    )
    return text.encode("utf-8"), _policy()


def _button(file: Download, label: str) -> str:
    return f'<a class="file" href="{escape(file.name)}">{label}</a>'


def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )
