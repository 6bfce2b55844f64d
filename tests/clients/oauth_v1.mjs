// Signing in with the TypeScript SDK of version 1: node oauth_v1.mjs document|registration '{"url": "...", "key": "..."}'

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { exercise } from "./exercise.mjs";
import { wholeWay } from "./signing_in.mjs";

const [way, server] = [process.argv[2], JSON.parse(process.argv[3])];
let transport;

await wholeWay({
  server,
  way,
  connect: async (authProvider) => {
    transport = new StreamableHTTPClientTransport(new URL(server.url), { authProvider });
    const client = new Client({ name: "typescript-v1", version: "1" });
    await client.connect(transport);
    return client;
  },
  finish: (keeper) => transport.finishAuth(keeper.answer.get("code")),
  work: async (client) => {
    await exercise({
      listTools: async () => (await client.listTools()).tools,
      callTool: (name, args) => client.callTool({ name, arguments: args }),
    });
    await client.close();
  },
});
