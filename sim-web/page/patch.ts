// Makes one tree of elements like another and keeps what is alike: its place, its focus, its transitions.

/** Changes `old` into what `fresh` is; elements are the same when their ids are. `fresh` is used up. */
export function patch(old: Element, fresh: Element): void {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const named = new Map<string, Element>();
  for (const child of old.children) {
    if (child.id) named.set(child.id, child);
  }
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const kept = child instanceof Element && child.id ? named.get(child.id) : alike(place, child) ? place : null;
    if (!kept) {
      old.insertBefore(child, place);
      continue;
    }
    if (kept === place) place = place.nextSibling;
    else old.insertBefore(kept, place);
    if (kept.isEqualNode(child)) continue;
    if (kept instanceof Element && child instanceof Element) patch(kept, child);
    else kept.nodeValue = child.nodeValue;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

/** Whether a node without an id may become the other. */
function alike(node: ChildNode | null, other: ChildNode): boolean {
  return node !== null && node.nodeName === other.nodeName && !(node instanceof Element && node.id !== "");
}
