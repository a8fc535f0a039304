// Which keys are whose, on any layout of a keyboard.

/** The Latin letter of a key: where a layout has others, the one that its place has with Latin letters. */
export function letterOf({ key, code }: KeyboardEvent): string {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? "";
}

/** Whether a key is one of the page's own: Alt+P and Alt+S. AltGr, which comes as Ctrl with Alt, writes letters. */
export function isOfPage(event: KeyboardEvent): boolean {
  return event.altKey && !event.ctrlKey && !event.metaKey && ["p", "s"].includes(letterOf(event));
}

/** Whether a key is the browser's wherever it is pressed: to paste, to reload, to fill the screen, to go to a tab. */
export function isOfBrowser(event: KeyboardEvent): boolean {
  if (/^F\d+$/.test(event.key)) return true;
  return (event.ctrlKey || event.metaKey) && (letterOf(event) === "v" || /^\d$/.test(event.key));
}
