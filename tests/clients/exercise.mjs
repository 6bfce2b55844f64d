// What every client does: lists the six tools and calls each of them, so that one sees what another did.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

const TOOLS = [
  "store_memory",
  "recall_memory",
  "associate_memories",
  "update_memory",
  "delete_memory",
  "check_database_health",
];

/** `listTools()` gives the tools, `callTool(name, arguments)` the result of one call. */
export async function exercise({ listTools, callTool }) {
  const call = async (name, args) => {
    const result = await callTool(name, args);
    assert.ok(!result.isError, `${name}: ${textOf(result)}`);
    return result;
  };
  const store = async (content) => (await call("store_memory", { content })).structuredContent.memory_id;
  const recall = async (query) => textOf(await call("recall_memory", { query }));

  assert.deepEqual((await listTools()).map((tool) => tool.name), TOOLS);

  // Clients run at the same time, and of memories with the same text a recall shows one.
  const table = randomUUID();
  const tea = await store(`Alice drinks green tea in the morning at table ${table}`);
  const car = await store("The car needs a new clutch");
  await call("associate_memories", { memory1_id: tea, memory2_id: car, type: "RELATES_TO", strength: 0.7 });
  assert.ok((await recall(`green tea in the morning at table ${table}`)).includes(tea), "what was stored is not recalled");

  await call("update_memory", { memory_id: car, content: `The bicycle at table ${table} has a flat tyre` });
  assert.ok((await recall(`bicycle at table ${table} with a flat tyre`)).includes(car), "what was updated is not recalled");

  await call("delete_memory", { memory_id: tea });
  assert.ok(!(await recall(`green tea in the morning at table ${table}`)).includes(tea), "what was deleted is recalled");
  await call("delete_memory", { memory_id: car });

  assert.equal((await call("check_database_health", {})).structuredContent.status, "healthy");
}

function textOf(result) {
  return result.content.map((part) => part.text).join("\n");
}
