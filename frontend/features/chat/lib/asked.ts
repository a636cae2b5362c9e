// A question that was asked on another page, on its way to the chat. It stays in this page's memory: a link from elsewhere can
// write a draft, and only a person can send it.
let asked: string | null = null;

/** The chat, when it is opened next, asks this at once. */
export function askNext(text: string) {
  asked = text;
}

/** What is to be asked, once. */
export function takeAsked(): string | null {
  const text = asked;
  asked = null;
  return text;
}
