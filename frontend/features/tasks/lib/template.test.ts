import { describe, expect, it } from "vitest";
import { alwaysEmpty, inserted, readBy, readsInput, variablesOf } from "./template";

describe("the variables of a template", () => {
  it("are found in values and statements, each once, and not in texts", () => {
    const text = `It is {{ now }}: {{ trigger.body.alert.title | default("now trigger.x") }}
      {% if trigger.body.severity in ["high"] %}{{ now }}{% endif %}
      {% for host in trigger.body.hosts %}{{ host.name }}{% endfor %} now`;
    expect(readBy(text)).toEqual([
      "now",
      "trigger.body.alert.title",
      "trigger.body.severity",
      "trigger.body.hosts",
    ]);
  });

  it("say whether a run by hand asks for input", () => {
    const reads = (text: string) => readsInput({ input_template: { prompt: text } });
    expect(reads("Look at {{ trigger.body.host }}")).toBe(true);
    expect(reads("It is {{ now }}, not trigger.body")).toBe(false);
  });

  it("are known for each kind of trigger", () => {
    expect(variablesOf("webhook").map(({ name }) => name)).toContain("trigger.headers");
    expect(variablesOf("schedule").map(({ name }) => name)).toContain("trigger.tick");
  });

  it("are named where nothing ever stands in them", () => {
    const text =
      "{{ trigger.headers.x_github_event }} {{ trigger.tick }} {{ trigger.event.data.id }}";
    expect(alwaysEmpty(text, "manual")).toEqual([
      "trigger.headers.x_github_event",
      "trigger.tick",
      "trigger.event.data.id",
    ]);
    expect(alwaysEmpty(text, "lifecycle")).toEqual([
      "trigger.headers.x_github_event",
      "trigger.tick",
    ]);
    expect(alwaysEmpty("{{ trigger.event | tojson }} {{ trigger | tojson }}", "lifecycle")).toEqual(
      [],
    );
  });
});

describe("inserting a variable", () => {
  it("replaces what is selected, and goes on after it", () => {
    expect(inserted("Say THIS.", "now", 4, 8)).toEqual({ text: "Say {{ now }}.", cursor: 13 });
  });
});
