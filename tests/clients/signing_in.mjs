// What the TypeScript SDKs leave to the application that signs in: where tokens are kept, and a person at a browser.

import assert from "node:assert/strict";

export const CALLBACK = "http://localhost:53683/callback";
export const DOCUMENT = "https://claude.ai/oauth/claude-code-client-metadata";

/** `way` is "document" or "registration": how the client says who it is. */
export class Keeper {
  constructor(key, way) {
    this.key = key;
    this.asked = 0;
    if (way === "document") this.clientMetadataUrl = DOCUMENT;
  }

  get redirectUrl() {
    return CALLBACK;
  }

  get clientMetadata() {
    return { client_name: "The TypeScript SDK", redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" };
  }

  state() {
    return "a-state";
  }

  clientInformation() {
    return this.client;
  }

  saveClientInformation(client) {
    this.client = client;
  }

  tokens() {
    return this.kept;
  }

  saveTokens(tokens) {
    this.kept = tokens;
  }

  codeVerifier() {
    return this.verifier;
  }

  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }

  invalidateCredentials(scope) {
    if (scope === "all" || scope === "client") this.client = undefined;
    if (scope === "all" || scope === "tokens") this.kept = undefined;
  }

  /** Opens the page, fills in its form, and keeps what comes back. */
  async redirectToAuthorization(url) {
    this.asked += 1;
    const page = await (await fetch(url)).text();
    const ticket = /name="ticket" value="([^"]+)"/.exec(page)[1];
    const form = new URLSearchParams({ ticket, access: "write", key: this.key, decision: "allow" });
    const answer = await fetch(new URL(url.pathname, url), { method: "POST", body: form, redirect: "manual" });
    assert.equal(answer.status, 302);
    this.answer = new URL(answer.headers.get("location")).searchParams;
    assert.equal(this.answer.get("state"), "a-state");
  }
}

/** The whole way: signs in, does `work`, refreshes, does it again, revokes, and finds itself outside. */
export async function wholeWay({ server, way, connect, work, finish }) {
  const keeper = new Keeper(server.key, way);
  await assert.rejects(connect(keeper));
  await finish(keeper);
  await work(await connect(keeper));
  assert.equal(keeper.client.client_id === DOCUMENT, way === "document");

  const first = keeper.kept;
  keeper.kept = { ...first, access_token: "expired" };
  await work(await connect(keeper));
  assert.notEqual(keeper.kept.refresh_token, first.refresh_token);
  assert.equal(keeper.asked, 1, "a refresh asks nobody");

  const body = new URLSearchParams({ token: keeper.kept.refresh_token, client_id: keeper.client.client_id });
  assert.equal((await fetch(new URL("/oauth/revoke", server.url), { method: "POST", body })).status, 200);
  await assert.rejects(connect(keeper));
  assert.equal(keeper.asked, 2, "what was revoked has to be allowed again");
}
