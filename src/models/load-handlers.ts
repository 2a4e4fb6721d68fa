export type Handlers = typeof import('./handlers.js');

let loaded: Handlers | undefined;

/**
 * Loads the handlers on first use: an agent whose provider works needs none of them. Later calls ask no loader again:
 * under one with hooks, as tracing tools install them, each `import()` takes most of a millisecond.
 * @returns the handlers themselves once they are there, so that a call waits for nothing.
 */
export function loadHandlers(): Handlers | Promise<Handlers> {
  return loaded ?? load();
}

async function load(): Promise<Handlers> {
  loaded = await import('./handlers.js');
  return loaded;
}
