"use client";

import { useRef } from "react";
import type { Faults } from "@/features/agents";
import type { TriggerKind } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Field, Textarea } from "@/ui/field";
import type { TaskForm } from "../lib/task-form";
import { alwaysEmpty, inserted, variablesOf } from "../lib/template";

interface Props {
  kind: TriggerKind;
  prompt: string;
  more: string;
  onChange: (to: Partial<TaskForm>) => void;
  faults: Faults;
}

const PROMPT = "input_template.prompt";

/** What the agent is told, with the places that are filled in when it runs. */
export function TemplateField({ kind, prompt, more, onChange, faults }: Props) {
  const editor = useRef<HTMLTextAreaElement>(null);
  const empty = alwaysEmpty(prompt, kind);
  const other = [...faults].find(([path]) => path.startsWith("input_template") && path !== PROMPT);

  function insert(variable: string) {
    const area = editor.current;
    if (!area) return;
    const { text, cursor } = inserted(prompt, variable, area.selectionStart, area.selectionEnd);
    onChange({ prompt: text });
    // The cursor goes on after what was put there, once it stands there.
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(cursor, cursor);
    });
  }

  return (
    <>
      <Field
        label="Prompt"
        hint={
          empty.length > 0
            ? `${empty.join(", ")} ${empty.length > 1 ? "are" : "is"} always empty for a task that is set off this way.`
            : "Values, if and for; filters such as default, join, tojson, truncate(n)."
        }
        fault={faults.get(PROMPT)}
      >
        {(control) => (
          <Textarea
            {...control}
            ref={editor}
            required
            spellCheck={false}
            className="field-sizing-content max-h-[60vh] min-h-40 font-mono text-xs leading-relaxed"
            placeholder="It is {{ now }}. What changed since yesterday?"
            value={prompt}
            onChange={(event) => onChange({ prompt: event.target.value })}
          />
        )}
      </Field>
      <ul aria-label="Variables to insert" className="grid gap-1">
        {variablesOf(kind).map(({ name, is }) => (
          <li key={name} className="flex flex-wrap items-center gap-x-3">
            <Button
              size="sm"
              className="h-7 font-mono"
              title={`Insert {{ ${name} }}`}
              onClick={() => insert(name)}
            >
              {name}
            </Button>
            <span className="text-xs text-muted">{is}</span>
          </li>
        ))}
      </ul>
      <details open={more !== "" || other !== undefined}>
        <summary className="min-h-6 cursor-pointer text-xs text-muted hover:text-text">
          More fields beside the prompt
        </summary>
        <div className="pt-3">
          <Field
            label="More, as a JSON object"
            hint="Its texts are filled in as well, and it follows the prompt as JSON."
            fault={other && (other[0] === "input_template" ? other[1] : `${other[0]}: ${other[1]}`)}
          >
            {(control) => (
              <Textarea
                {...control}
                spellCheck={false}
                className="min-h-24 font-mono text-xs"
                placeholder='{ "host": "{{ trigger.body.host }}" }'
                value={more}
                onChange={(event) => onChange({ more: event.target.value })}
              />
            )}
          </Field>
        </div>
      </details>
    </>
  );
}
