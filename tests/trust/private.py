"""Runs in a view of the file system of its own: what does each client say, and when?

``python -m tests.trust.private PORT FOLDER`` prints JSON. Whoever starts it has
put copies over the folders that change, so that the machine's own stay as they are.
"""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import sys
import urllib.request
from pathlib import Path
from subprocess import run
from urllib.error import URLError

#: What installing a root changes on Debian, Java's hook included.
FOLDERS = (
    "/etc/ssl",
    "/usr/local/share/ca-certificates",
    "/var/lib/ca-certificates-java",
    "/var/lib/dpkg",
    "/var/log",
)

JAVA = """
public class Get {
    public static void main(String[] arguments) throws Exception {
        var url = java.net.URI.create(arguments[0]).toURL();
        try (var body = url.openStream()) {
            body.readAllBytes();
        }
    }
}
"""


def clients(url: str, folder: Path) -> dict[str, bool]:
    """Whether each client accepts the server with nothing but the system's store."""
    (folder / "Get.java").write_text(JAVA)
    commands = {
        "curl": ["curl", "--silent", "--fail", "--noproxy", "*", url],
        "git": ["git", "-c", "http.proxy=", "ls-remote", f"{url}none.git"],
        "openssl": ["openssl", "s_client", "-verify_return_error", "-connect"],
        "java": ["java", str(folder / "Get.java"), url],
    }
    commands["openssl"].append(url.removeprefix("https://").rstrip("/"))
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    said = {}

    for name, command in commands.items():
        done = run(command, env=environ, capture_output=True, input=b"", check=False)
        # There is no repository: git is content with the certificate if it says so.
        said[name] = done.returncode == 0 or (
            name == "git" and b"not found" in done.stderr
        )

    said["python"] = _python(url)
    return said


def _python(url: str) -> bool:
    handler = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
    try:
        with opener.open(url, timeout=20):
            return True
    except URLError:
        return False


def snapshot() -> dict[str, str]:
    """Every file by its digest and every link by where it leads.

    Java's list has the date of each entry in it: of that, what is listed.
    """
    found = {}
    for top in FOLDERS[:2]:
        for path in sorted(Path(top).rglob("*")):
            if path.is_symlink():
                found[str(path)] = os.readlink(path)
            elif path.is_file() and path.name != "cacerts":
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()

    listed = run(
        ["keytool", "-list", "-cacerts", "-storepass", "changeit"],
        capture_output=True,
        check=True,
        text=True,
    )
    lines = listed.stdout.splitlines()
    found["java"] = "\n".join(sorted(line for line in lines if "SHA-256" in line))
    return found


def _tls(*arguments: str) -> str:
    command = [sys.executable, "-m", "flask", "tls", "trust", *arguments]
    done = run(command, capture_output=True, text=True, check=False, env=os.environ)
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def main(port: str, folder: str) -> None:
    url = f"https://localhost:{port}/"
    # Debian's programs may have left this machine's folder in another order.
    run(["update-ca-certificates", "--fresh"], capture_output=True, check=True)
    answer: dict[str, object] = {"start": snapshot()}
    answer["before"] = clients(url, Path(folder))
    answer["installing"] = _tls("install", "--yes", "--store", "system")
    answer["installed"] = clients(url, Path(folder))
    answer["status"] = _tls("status", "--check", "--store", "system")
    answer["uninstalling"] = _tls("uninstall", "--yes", "--store", "system")
    answer["after"] = clients(url, Path(folder))
    answer["end"] = snapshot()
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
