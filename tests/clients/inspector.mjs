// The Inspector's command line, one process a call: node inspector.mjs '{"type": "http", "url": "...", "headers": {...}}'

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { exercise } from "./exercise.mjs";

const INSPECTOR = fileURLToPath(new URL("node_modules/.bin/mcp-inspector", import.meta.url));
const server = JSON.parse(process.argv[2]);

const pairs = (flag, object, separator) =>
  Object.entries(object ?? {}).flatMap(([key, value]) => [flag, `${key}${separator}${value}`]);
const target =
  server.type === "stdio" ? [server.command, ...server.args, ...pairs("-e", server.env, "=")] : [server.url];

async function inspect(...method) {
  const options = ["--transport", server.type, ...pairs("--header", server.headers, ": "), "--method", ...method];
  const { stdout } = await promisify(execFile)(process.execPath, [INSPECTOR, "--cli", ...target, ...options]);
  return JSON.parse(stdout);
}

await exercise({
  listTools: async () => (await inspect("tools/list")).tools,
  callTool: (name, args) => inspect("tools/call", "--tool-name", name, ...pairs("--tool-arg", args, "=")),
});
