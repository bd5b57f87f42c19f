"""A commercial authority, played by openssl: a root and two intermediates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .tools import program
from .tools import run

_CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
_IDS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
_LEAF = (
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
    "extendedKeyUsage=serverAuth\n"
)


def openssl(*arguments: str | Path, stdin: str | bytes = b"") -> str:
    """What ``openssl ARGUMENTS`` prints; it has to end well."""
    done = run(program("openssl"), *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Authority:
    """Certificates in files, as a customer downloads them."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, name: str = "Acme") -> Authority:
        folder.mkdir()
        made = cls(folder)
        made._make_key("root")
        openssl(
            *("req", "-x509", "-new", "-key", folder / "root.key", "-days", "3650"),
            *("-subj", f"/O={name}/CN={name} Root", "-out", made.root),
        )
        made._sign_ca("one", "root", f"/O={name}/CN={name} Intermediate 1")
        made._sign_ca("two", "one", f"/O={name}/CN={name} Intermediate 2")
        return made

    @property
    def root(self) -> Path:
        return self.folder / "root.crt"

    @property
    def one(self) -> Path:
        """The intermediate below the root."""
        return self.folder / "one.crt"

    @property
    def two(self) -> Path:
        """The intermediate that signs customers' certificates."""
        return self.folder / "two.crt"

    def sign(
        self, csr: Path, out: Path, *, url: str = "", ocsp: str = "", days: int = 90
    ) -> Path:
        """A certificate for the names in a CSR.

        :param url: Where it says that its issuer is.
        :param ocsp: Where it says that its responder is.
        """
        text = openssl("req", "-in", csr, "-noout", "-text")
        names = text.split("Subject Alternative Name:")[1].split("\n")[1].strip()
        extensions = f"{_LEAF}{_IDS}subjectAltName={names}\n"
        if url:
            extensions += f"authorityInfoAccess=caIssuers;URI:{url}\n"
        if ocsp:
            extensions += f"authorityInfoAccess=OCSP;URI:{ocsp}\n"

        self._sign(csr, "two", out, extensions, days)
        return out

    def revocation_list(self, *revoked: Path) -> Path:
        """The list of who signs customers' certificates, with these on it."""
        work = self.folder / "crl"
        work.mkdir(exist_ok=True)
        (work / "index.txt").write_text("")
        (work / "number").write_text("01\n")
        config = work / "ca.cnf"
        config.write_text(
            "[ca]\ndefault_ca=own\n[own]\n"
            f"database={work}/index.txt\ncrlnumber={work}/number\n"
            "default_md=sha256\ndefault_crl_days=30\n"
        )
        common = ("-config", config, "-cert", self.two)
        for each in revoked:
            openssl(
                *("ca", *common, "-keyfile", self.folder / "two.key"),
                *("-revoke", each, "-crl_reason", "keyCompromise"),
            )

        out = self.folder / "two.crl"
        openssl(
            *("ca", *common, "-keyfile", self.folder / "two.key"),
            *("-gencrl", "-out", out),
        )
        return out

    def responder(self) -> tuple[Path, Path]:
        """The certificate and key of whom the second intermediate lets answer."""
        self._make_key("ocsp")
        csr, key = self.folder / "ocsp.csr", self.folder / "ocsp.key"
        openssl("req", "-new", "-key", key, "-subj", "/CN=Responder", "-out", csr)
        usage = "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\n"
        self._sign(csr, "two", self.folder / "ocsp.crt", f"{usage}{_IDS}", 30)
        return self.folder / "ocsp.crt", key

    def _make_key(self, name: str) -> None:
        openssl(
            *("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-out", self.folder / f"{name}.key"),
        )

    def _sign_ca(self, name: str, by: str, subject: str) -> None:
        self._make_key(name)
        csr = self.folder / f"{name}.csr"
        key = self.folder / f"{name}.key"
        openssl("req", "-new", "-key", key, "-subj", subject, "-out", csr)
        self._sign(csr, by, self.folder / f"{name}.crt", f"{_CA}{_IDS}", 1825)

    def _sign(self, csr: Path, by: str, out: Path, extensions: str, days: int) -> None:
        config = self.folder / "extensions.cnf"
        config.write_text(extensions)
        openssl(
            *("x509", "-req", "-in", csr, "-days", str(days), "-extfile", config),
            *("-CA", self.folder / f"{by}.crt", "-CAkey", self.folder / f"{by}.key"),
            *("-CAcreateserial", "-out", out),
        )
