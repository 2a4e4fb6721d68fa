type Handlers = typeof import('./handlers.js');

let loaded: Handlers | undefined;

/**
 * Loads the handlers on first use: an agent whose provider is well needs none of them. Later calls ask no loader again:
 * under one with hooks, as tracing tools install them, each `import()` takes most of a millisecond.
 */
export async function loadHandlers(): Promise<Handlers> {
  loaded ??= await import('./handlers.js');
  return loaded;
}
