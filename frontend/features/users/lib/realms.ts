// Which realms somebody sees: all there are and will be, or some by name. Pure.

export const ALL = "*";

export function isAll(realms: readonly string[]): boolean {
  return realms.includes(ALL);
}

/** With one more realm, or one less. */
export function toggled(realms: readonly string[], slug: string): string[] {
  const some = realms.filter((realm) => realm !== ALL);
  return some.includes(slug) ? some.filter((realm) => realm !== slug) : [...some, slug].toSorted();
}

/** The realms that one may give to others: all of one's own. */
export function givable(own: readonly string[], known: readonly string[]): readonly string[] {
  return isAll(own) ? known : known.filter((slug) => own.includes(slug));
}

/** In words. */
export function inWords(realms: readonly string[]): string {
  if (isAll(realms)) return "all realms";
  return realms.length === 0 ? "no realm" : realms.join(", ");
}
