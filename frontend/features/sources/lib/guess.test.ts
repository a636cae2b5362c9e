import { expect, it } from "vitest";
import { guessOf, labelOf } from "./guess";

it("reads the columns of a CSV file, whatever stands between them", () => {
  expect(guessOf("csv", "services.csv", '\uFEFF"id",Name,owner\r\n1,a,b')).toEqual({
    fields: ["id", "Name", "owner"],
    key: "id",
    name: "Name",
    label: "Service",
  });
  expect(guessOf("csv", "x.csv", "sku;price\n1;2")).toMatchObject({ key: "sku", delimiter: ";" });
  expect(guessOf("csv", "x.csv", "")).toMatchObject({ fields: [] });
});

it("reads the fields of the first record of JSON, of an array or of lines, even when cut off", () => {
  expect(guessOf("json", "a.json", '[{"uuid":1,"x":{"}":"{"}},{"uu').fields).toEqual(["uuid", "x"]);
  expect(guessOf("json", "a.ndjson", '{"id":"a","say":"\\"}"}\n{"id"').key).toBe("id");
  expect(guessOf("json", "a.json", '{"data": [').fields).toEqual([]);
  expect(guessOf("json", "a.json", "nonsense").fields).toEqual([]);
});

it("makes a label of the name of a file", () => {
  expect(labelOf("companies.csv")).toBe("Company");
  expect(labelOf("my-services_2.csv")).toBe("MyService");
  expect(labelOf("status.json")).toBe("Status");
  expect(labelOf("2026.csv")).toBeUndefined();
});
