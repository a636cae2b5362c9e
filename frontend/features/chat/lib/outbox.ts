// What was sent and is not known to have arrived, per conversation: a reload sends it again under its key, so that it is
// neither lost nor said twice. What was refused is kept with it, and not sent by itself.
import type { OnBusy } from "@/lib/api/client";
import type { Store } from "@/lib/own";

export interface Parcel {
  key: string;
  text: string;
  onBusy: OnBusy;
  /** When it was first sent, in milliseconds since 1970. */
  at: number;
  /** It came back: whoever said it sends it again, or takes it back. */
  refused?: boolean;
}

export interface Outbox {
  read(): readonly Parcel[];
  write(parcels: readonly Parcel[]): void;
}

/** Where nothing is kept. */
export const NO_OUTBOX: Outbox = { read: () => [], write: () => undefined };

/** The outbox of a conversation in what the browser keeps of a person. */
export function outboxOf(conversationId: string, store: Store): Outbox {
  const place = `outbox.${conversationId}`;
  return {
    read() {
      try {
        return (JSON.parse(store.getItem(place) ?? "[]") as unknown[]).filter(isParcel);
      } catch {
        return [];
      }
    },
    write(parcels) {
      try {
        if (parcels.length > 0) store.setItem(place, JSON.stringify(parcels));
        else store.removeItem(place);
      } catch {
        // A full or forbidden store keeps nothing across a reload, and hinders nothing else.
      }
    },
  };
}

function isParcel(value: unknown): value is Parcel {
  if (typeof value !== "object" || value === null) return false;
  const { key, text, onBusy, at } = value as Partial<Record<keyof Parcel, unknown>>;
  const texts = [key, text, onBusy];
  return texts.every((it) => typeof it === "string") && typeof at === "number";
}
