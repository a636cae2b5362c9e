import { expect, test } from "vitest";
import type { Store } from "@/lib/own";
import { outboxOf } from "./outbox";

function storage(): Store {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

const PARCEL = { key: "k", text: "who owns payments?", onBusy: "refuse", at: 1 } as const;

test("what was sent is there after a reload, for its conversation alone", () => {
  const store = storage();
  outboxOf("conv_1", store).write([PARCEL]);
  expect(outboxOf("conv_1", store).read()).toEqual([PARCEL]);
  expect(outboxOf("conv_2", store).read()).toEqual([]);
  const refused = { ...PARCEL, refused: true };
  outboxOf("conv_1", store).write([refused]);
  expect(outboxOf("conv_1", store).read()).toEqual([refused]);
  outboxOf("conv_1", store).write([]);
  expect(store.getItem("outbox.conv_1")).toBeNull();
});

test("what is no parcel is nothing", () => {
  const store = storage();
  for (const broken of [
    "{",
    "null",
    '[1, null, {"key": 1}]',
    '{"key":"k"}',
    '[{"key":"k","text":"t","onBusy":"refuse"}]',
  ]) {
    store.setItem("outbox.conv_1", broken);
    expect(outboxOf("conv_1", store).read()).toEqual([]);
  }
});
