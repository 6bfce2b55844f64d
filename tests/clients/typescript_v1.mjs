// The TypeScript SDK of version 1: node typescript_v1.mjs '{"type": "http", "url": "...", "headers": {...}}'

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { exercise } from "./exercise.mjs";

const server = JSON.parse(process.argv[2]);
const options = { requestInit: { headers: server.headers } };
const transports = {
  http: () => new StreamableHTTPClientTransport(new URL(server.url), options),
  sse: () => new SSEClientTransport(new URL(server.url), options),
  stdio: () => new StdioClientTransport(server),
};

const client = new Client({ name: "typescript-v1", version: "1" });
await client.connect(transports[server.type]());
await exercise({
  listTools: async () => (await client.listTools()).tools,
  callTool: (name, args) => client.callTool({ name, arguments: args }),
});
await client.close();
