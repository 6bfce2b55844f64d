// The TypeScript SDK of version 2: node typescript_v2.mjs default|auto '{"type": "http", "url": "...", "headers": {...}}'

import assert from "node:assert/strict";

import { Client, SSEClientTransport, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

import { exercise } from "./exercise.mjs";

const [mode, server] = [process.argv[2], JSON.parse(process.argv[3])];
const options = { requestInit: { headers: server.headers } };
const transports = {
  http: () => new StreamableHTTPClientTransport(new URL(server.url), options),
  sse: () => new SSEClientTransport(new URL(server.url), options),
  stdio: () => new StdioClientTransport(server),
};

const negotiation = mode === "auto" ? { versionNegotiation: { mode } } : {};
const client = new Client({ name: "typescript-v2", version: "1" }, negotiation);
await client.connect(transports[server.type]());
assert.equal(client.getNegotiatedProtocolVersion(), mode === "auto" ? "2026-07-28" : "2025-11-25");
await exercise({
  listTools: async () => (await client.listTools()).tools,
  callTool: (name, args) => client.callTool({ name, arguments: args }),
});
await client.close();
