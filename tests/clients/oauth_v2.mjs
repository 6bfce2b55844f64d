// Signing in with the TypeScript SDK of version 2: node oauth_v2.mjs document|registration '{"url": "...", "key": "..."}'

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

import { exercise } from "./exercise.mjs";
import { wholeWay } from "./signing_in.mjs";

const [way, server] = [process.argv[2], JSON.parse(process.argv[3])];
let transport;

await wholeWay({
  server,
  way,
  connect: async (authProvider) => {
    transport = new StreamableHTTPClientTransport(new URL(server.url), { authProvider });
    const client = new Client({ name: "typescript-v2", version: "1" });
    await client.connect(transport);
    return client;
  },
  finish: (keeper) => transport.finishAuth(keeper.answer),
  work: async (client) => {
    await exercise({
      listTools: async () => (await client.listTools()).tools,
      callTool: (name, args) => client.callTool({ name, arguments: args }),
    });
    await client.close();
  },
});
