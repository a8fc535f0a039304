// Splits the pictures that sim-core draws into their groups, so that only those that changed go to the page.

import type { PictureChange } from "./protocol";

const CLOSE = "</svg>\n";

/** A picture as it was handed out last. */
export class Parts {
  #root = "";
  #order = "";
  #texts = new Map<string, string>();

  /** What differs from the picture of the last call; nothing when it is the same. */
  change(svg: string): PictureChange | undefined {
    // What a picture consists of are groups with ids, each begun on a line of its own; what they hold has no ids.
    const [root = "", ...groups] = svg.slice(0, -CLOSE.length).split(/^(?=<g id=")/m);
    const texts = new Map(groups.map((text) => [text.slice('<g id="'.length, text.indexOf('"', '<g id="'.length)), text]));
    const order = [...texts.keys()];
    const parts = [...texts].filter(([id, text]) => this.#texts.get(id) !== text);
    const names = order.join("\n");
    const isSame = parts.length === 0 && names === this.#order && root === this.#root;
    this.#root = root;
    this.#order = names;
    this.#texts = texts;
    return isSame ? undefined : { root, order, parts };
  }
}
