import { Badge } from "@/ui/badge";
import { shapeOf, type FieldShape, type Shape } from "../lib/shape";
import { rangeOf } from "../lib/values";
import { Hint } from "./hint";

/** What a schema asks for, to read: the arguments of a tool. */
export function SchemaOutline({ schema, label }: { schema: unknown; label: string }) {
  const { fields } = shapeOf(schema);
  if (fields.length === 0) return <p className="text-xs text-muted">No arguments.</p>;
  const sorted = fields.toSorted((one, other) => Number(other.required) - Number(one.required));
  return (
    <dl aria-label={label} className="grid gap-2 text-xs">
      {sorted.map((field) => (
        <div key={field.name} className="grid gap-x-4 gap-y-0.5 sm:grid-cols-[12rem_1fr]">
          <dt className="flex flex-wrap items-baseline gap-1.5">
            <code className="font-mono">{field.name}</code>
            {field.required && <Badge tone="accent">required</Badge>}
          </dt>
          <dd className="text-muted">
            <span className="text-text">{kindOf(field)}</span>
            {field.hint && (
              <>
                {" · "}
                <Hint text={field.hint} />
              </>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const KINDS: Record<Shape["kind"], string> = {
  text: "text",
  number: "number",
  flag: "yes or no",
  choice: "one of",
  texts: "list of texts",
  objects: "list of objects",
  map: "names with values",
  object: "object",
  json: "any JSON",
};

function kindOf({ shape, initial }: FieldShape): string {
  const words: string[] = [KINDS[shape.kind]];
  if (shape.kind === "choice") words.push(shape.options.map(String).join(", "));
  if (shape.kind === "number") words.push(rangeOf(shape) ?? "");
  const isTold = initial !== undefined && !(typeof initial === "object");
  return words.filter(Boolean).join(" ") + (isTold ? `, ${String(initial)} unless given` : "");
}
