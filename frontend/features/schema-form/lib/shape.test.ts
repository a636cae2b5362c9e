import { describe, expect, it } from "vitest";
import { labelOf, shapeOf } from "./shape";

const MAPPING = {
  $defs: {
    Direction: { enum: ["out", "in"], type: "string" },
    Labels: {
      anyOf: [{ type: "string" }, { items: { type: "string" }, type: "array" }],
      description: "One label or several.",
    },
    Relation: {
      properties: {
        direction: { $ref: "#/$defs/Direction", description: "Where it leads." },
        field: { type: "string" },
        to: { anyOf: [{ $ref: "#/$defs/Target" }, { type: "null" }], description: "To what." },
      },
      required: ["field"],
      type: "object",
    },
    Target: { properties: { label: { type: ["string", "null"] } }, type: "object" },
    Type: {
      oneOf: [
        { const: "number", description: "A number." },
        { const: "boolean", description: "Yes or no." },
      ],
    },
  },
  properties: {
    header: { default: true, type: "boolean" },
    key: { type: "string" },
    label: { $ref: "#/$defs/Labels" },
    relations: { items: { $ref: "#/$defs/Relation" }, type: "array" },
    types: { additionalProperties: { $ref: "#/$defs/Type" }, type: "object" },
    body: { description: "Any JSON." },
  },
  required: ["key", "label"],
  type: "object",
};

const shapes = (schema: unknown, secret = false) =>
  Object.fromEntries(shapeOf(schema, secret).fields.map(({ name, shape }) => [name, shape]));

describe("what a schema asks for", () => {
  it("is drawn by what it is, also behind references", () => {
    const { relations, ...rest } = shapes(MAPPING);
    expect(rest).toMatchObject({
      header: { kind: "flag" },
      key: { kind: "text", secret: false },
      label: { kind: "texts" },
      types: { kind: "map", of: { kind: "choice", options: ["number", "boolean"] } },
      body: { kind: "json" },
    });
    if (relations?.kind !== "objects") throw new Error("relations are objects");
    const [direction, field, to] = relations.item.fields;
    expect(direction).toMatchObject({ shape: { kind: "choice", options: ["out", "in"] } });
    expect(direction?.hint).toBe("Where it leads.");
    expect(field?.required).toBe(true);
    expect(to).toMatchObject({ hint: "To what.", shape: { kind: "object" } });
  });

  it("says which names stand for one another", () => {
    const schema = {
      properties: { path: { type: "string" }, url: { type: "string" }, branch: { type: "string" } },
      oneOf: [{ required: ["path"] }, { required: ["url"] }],
    };
    expect(shapeOf(schema).alternatives).toEqual(["path", "url"]);
    expect(shapeOf(MAPPING).alternatives).toEqual([]);
  });

  it("keeps bounds of numbers, and takes null for absent", () => {
    const schema = {
      properties: { max: { type: ["integer", "null"], minimum: 1, maximum: 200, default: 50 } },
    };
    const [max] = shapeOf(schema).fields;
    expect(max?.shape).toEqual({ kind: "number", integer: true, min: 1, max: 200 });
    expect(max?.initial).toBe(50);
  });

  it("makes every text of credentials a secret, names of a pattern included", () => {
    const schema = {
      patternProperties: { "^header\\.[A-Za-z0-9-]+$": { type: "string" } },
      properties: { authorization: { type: "string" } },
    };
    expect(shapes(schema, true)).toMatchObject({ authorization: { kind: "text", secret: true } });
    expect(shapeOf(schema, true).open).toMatchObject({ prefix: "header.", of: { secret: true } });
  });

  it("ends where a definition holds itself", () => {
    const schema = {
      $defs: { Tree: { type: "object", properties: { child: { $ref: "#/$defs/Tree" } } } },
      properties: { tree: { $ref: "#/$defs/Tree" } },
    };
    expect(shapeOf(schema).fields).toHaveLength(1);
  });

  it("takes anything for an empty schema", () => {
    expect(shapeOf(true)).toEqual({ fields: [], alternatives: [], open: null });
    expect(shapeOf(undefined).fields).toEqual([]);
  });
});

it("writes names as words", () => {
  expect(labelOf("base_url")).toBe("Base URL");
  expect(labelOf("ca_certificates")).toBe("CA certificates");
  expect(labelOf("name")).toBe("Name");
});
