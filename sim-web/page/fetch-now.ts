// Files that are fetched in the middle of the simulator's work, which cannot wait: without giving way.

const TRIES = 3;

/** What is at `url`; it throws when that cannot be had after a few tries. Only workers may fetch so. */
export function fetchNow(url: string, type: "arraybuffer" | "text"): unknown {
  for (let tries = 1; ; tries++) {
    try {
      const request = new XMLHttpRequest();
      request.open("GET", url, false);
      request.responseType = type;
      request.send();
      if (request.status !== 200) throw new Error(`${request.status} ${request.statusText}`);
      return request.response;
    } catch (error) {
      if (tries === TRIES) throw new Error(`a part of the simulator could not be loaded: ${String(error)}`);
    }
  }
}
