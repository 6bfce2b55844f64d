"""The suite's authorization mode against the bridge: it wants a person at a browser, who is stood in for here."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.services import bridge, free_port, memory_api, scratch_folder
from tests.bridge.auth.site import form_of

KEY = "a-key-for-the-conformance-suite"
_PAGE = re.compile(r"https?://\S+/oauth/authorize\?\S+")
_LISTENING = "Callback server started"
_PATIENCE = 30.0


@contextmanager
def authorization_server(settings: Mapping[str, str]) -> Iterator[str]:
    """The bridge with sign-in switched on, at the address that it says is its own, before an empty memory."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    keys = {"MCP_API_KEYS": f"suite:{KEY}", "MEMORY_API_KEYS": f"suite:{KEY}", "AUTOMEM_API_KEY": KEY}
    with scratch_folder() as folder, memory_api(folder, {**settings, **keys}) as memory:
        environment = {**settings, **keys, "PUBLIC_URL": url, "BRIDGE_DATA_DIR": str(folder)}
        with bridge(memory.url, environment, port=port):
            yield url


def run_authorization(suite: list[str], url: str, results: Path) -> tuple[int, str]:
    """Exit status and output of the suite, after it has been given what it asked a person for."""
    port = free_port()
    client_id = _registered(url, f"http://127.0.0.1:{port}/callback")
    command = [*suite, "authorization", "--url", url, "--client-id", client_id, "--resource", f"{url}/mcp"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--output-dir", str(results)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    assert process.stdout is not None
    try:
        for line in process.stdout:
            said.append(line)
            # The page is named before its callback is listened for.
            if _LISTENING in line and (page := _PAGE.search("".join(said))):
                _allow(page[0])
        return process.wait(_PATIENCE), "".join(said)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, "".join([*said, str(error)])
    finally:
        process.kill()
        process.communicate()


def _registered(url: str, callback: str) -> str:
    body = json.dumps({"redirect_uris": [callback], "client_name": "The conformance suite"}).encode()
    request = urllib.request.Request(f"{url}/oauth/register", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
        return str(json.load(response)["client_id"])


def _allow(page: str) -> None:
    """Opens the page, fills in its form, and follows where that leads."""
    with urllib.request.urlopen(page, timeout=_PATIENCE) as response:
        fields = {**form_of(response.read().decode()), "key": KEY, "decision": "allow"}
    with urllib.request.urlopen(page.partition("?")[0], urlencode(fields).encode(), timeout=_PATIENCE):
        pass
