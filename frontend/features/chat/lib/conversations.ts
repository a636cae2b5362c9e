// The conversations that were opened, each one once, however often it is shown.
import type { Store } from "@/lib/own";
import { Conversation } from "./conversation";
import { outboxOf } from "./outbox";
import { transport } from "./transport";

/** How many are remembered, so that going back shows them at once. */
const KEPT = 20;

export class Conversations {
  #open = new Map<string, Conversation>();

  constructor(
    private readonly store: Store,
    private readonly onTurn: (id: string) => void,
  ) {}

  of(id: string, isNew = false): Conversation {
    const known = this.#open.get(id);
    if (known) return known;
    const conversation = new Conversation(
      transport(id),
      () => this.onTurn(id),
      isNew,
      undefined,
      outboxOf(id, this.store),
    );
    this.#open.set(id, conversation);
    const oldest = this.#open.keys().next();
    if (this.#open.size > KEPT && !oldest.done) this.#open.delete(oldest.value);
    return conversation;
  }
}
