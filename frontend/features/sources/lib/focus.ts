/** Moves the focus to the first field that something is wrong with, once it is drawn. */
export function focusFault(form: HTMLFormElement | null) {
  requestAnimationFrame(() => {
    form?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  });
}
