// Libraries that write styles of their own, under a Content-Security-Policy without 'unsafe-inline': what xterm.js and
// CodeMirror put into style elements and attributes goes to sheets and properties made by script, which is allowed.

/** A `<style>` in all but name: what is written into it stands in a sheet that the document adopts. */
function styleElement(owner: Document, element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  owner.adoptedStyleSheets = [...owner.adoptedStyleSheets, sheet];
  element.hidden = true;
  Object.defineProperty(element, "textContent", { set: (css: string) => sheet.replaceSync(css) });
  element.remove = () => {
    owner.adoptedStyleSheets = owner.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
    HTMLElement.prototype.remove.call(element);
  };
  return element;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else HTMLElement.prototype.setAttribute.call(this, name, value);
}

/** Lets `owner` make the elements whose styles stand in sheets and properties. */
export function styleStrictly(owner: Document): void {
  const plain = owner.createElement.bind(owner) as (name: string, options?: ElementCreationOptions) => HTMLElement;
  owner.createElement = (name: string, options?: ElementCreationOptions): HTMLElement => {
    if (name === "style") return styleElement(owner, plain("span"));
    const element = plain(name, options);
    if (name === "span") element.setAttribute = setAttribute;
    return element;
  };
}
