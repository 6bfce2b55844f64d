"""A hosted client as its vendor describes it: finds its way from the address that its user typed, and no other way."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp

from tests.bridge.auth.site import Connector, form_of
from tests.bridge.mcp.wire import ACCEPT, INITIALIZE
from tests.bridge.stand_in import ADA


@dataclass
class HostedClient:
    """Claude.ai or ChatGPT before a running bridge. `documents` is whether it may use its own id."""

    typed: str
    http: aiohttp.ClientSession
    client_id: str
    redirect_uri: str
    documents: bool = True
    seen: list[tuple[str, int]] = field(default_factory=list)
    registrations: int = 0
    connector: Connector = field(default_factory=Connector)
    tokens: dict[str, Any] = field(default_factory=dict)

    async def connect(self, **answers: str) -> None:
        """Everything from the first refusal to the tokens."""
        challenge = await self.challenge()
        resource = await self.document(challenge["resource_metadata"])
        assert resource["resource"] == self.typed, "the address as typed, letter for letter"
        metadata = await self.server(resource["authorization_servers"][0])
        await self.introduce(metadata)
        self.connector.more = {"scope": challenge["scope"]}
        answer = await self.allowed(metadata, **answers)
        assert answer["iss"] == metadata["issuer"]
        await self.redeem(metadata, answer["code"])

    async def challenge(self) -> dict[str, str]:
        """What the 401 of the memory says."""
        async with self.http.post(self.typed, json=INITIALIZE, headers=ACCEPT, allow_redirects=False) as response:
            self.seen.append((self.typed, response.status))
            assert response.status == 401
            scheme, _, parameters = response.headers["WWW-Authenticate"].partition(" ")
        assert scheme == "Bearer"
        return dict(re.findall(r'(\w+)="([^"]*)"', parameters))

    async def document(self, url: str) -> dict[str, Any]:
        """A document that is there without a redirect."""
        async with self.http.get(url, allow_redirects=False) as response:
            self.seen.append((url, response.status))
            assert response.status == 200
            assert response.content_type == "application/json"
            content: dict[str, Any] = await response.json()
            return content

    async def server(self, issuer: str) -> dict[str, Any]:
        """The metadata of the authorization server."""
        return await self.document(f"{issuer}/.well-known/oauth-authorization-server")

    async def introduce(self, metadata: dict[str, Any]) -> None:
        """Goes by its document where the server takes those from public clients, and registers where not."""
        takes = metadata["client_id_metadata_document_supported"]
        if self.documents and takes and "none" in metadata["token_endpoint_auth_methods_supported"]:
            client_id = self.client_id
        else:
            body = {"redirect_uris": [self.redirect_uri], "token_endpoint_auth_method": "none"}
            async with self.http.post(metadata["registration_endpoint"], json=body) as response:
                assert response.status == 201
                client_id = (await response.json())["client_id"]
            self.registrations += 1
        self.connector = Connector(client_id, self.redirect_uri, self.typed)

    async def allowed(self, metadata: dict[str, Any], **answers: str) -> dict[str, str]:
        """What comes back to it after Ada has allowed it."""
        url = f"{metadata['authorization_endpoint']}?{urlencode(self.connector.request)}"
        async with self.http.get(url, allow_redirects=False) as page:
            assert page.status == 200
            form = {**form_of(await page.text()), "key": ADA, "decision": "allow", **answers}
        async with self.http.post(url.partition("?")[0], data=form, allow_redirects=False) as response:
            assert response.status == 302, "not 307, which would post the key on to the client"
            location = response.headers["Location"]
        assert location.startswith(f"{self.redirect_uri}?")
        answer = dict(parse_qsl(urlsplit(location).query))
        assert answer["state"] == "st-1"
        return answer

    async def redeem(self, metadata: dict[str, Any], code: str, **more: str) -> None:
        """A code for tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "client_id": self.connector.client_id,
            "code_verifier": self.connector.verifier,
            "resource": self.typed,
            **more,
        }
        status, self.tokens = await self.posted(metadata["token_endpoint"], form)
        assert status == 200, self.tokens

    async def refresh(self, metadata: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The next pair."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.tokens["refresh_token"],
            "client_id": self.connector.client_id,
            "resource": self.typed,
        }
        return await self.posted(metadata["token_endpoint"], form)

    async def posted(self, url: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer to a form, which is JSON whatever it says."""
        fields = {name: value for name, value in form.items() if value}
        async with self.http.post(url, data=fields, allow_redirects=False) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()

    async def tools(self) -> list[dict[str, Any]]:
        """The list of tools, over a session of its own."""
        headers = {**ACCEPT, "Authorization": f"Bearer {self.tokens['access_token']}"}
        async with self.http.post(self.typed, json=INITIALIZE, headers=headers, allow_redirects=False) as opened:
            assert opened.status == 200
            headers["Mcp-Session-Id"] = opened.headers["Mcp-Session-Id"]
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        async with self.http.post(self.typed, json=listing, headers=headers) as response:
            text = await response.text()
        data = next(line.removeprefix("data: ") for line in text.splitlines() if '"tools"' in line)
        tools: list[dict[str, Any]] = json.loads(data)["result"]["tools"]
        return tools

    async def status(self, token: str | None = None) -> tuple[int, str]:
        """How the memory answers a token, and what it says about signing in."""
        headers = {**ACCEPT, "Authorization": f"Bearer {token or self.tokens['access_token']}"}
        async with self.http.post(self.typed, json=INITIALIZE, headers=headers) as response:
            await response.read()
            return response.status, response.headers.get("WWW-Authenticate", "")
