type ListenerFunction = (event: Event) => unknown;
type Listener = ListenerFunction | { handleEvent: ListenerFunction } | null;

/**
 * The controller of an attempt's signal. The abort of a loser is this plugin's doing, and the runtime ends the process
 * for a listener that throws, so errors of listeners are dropped.
 */
export function attemptController(): AbortController {
  const controller = new AbortController();
  const { signal } = controller;
  const { addEventListener, removeEventListener } = signal;
  const safeListeners = new WeakMap<object, ListenerFunction>();
  const safe = (listener: Listener): ListenerFunction | null => {
    if (!listener) return null;
    const known = safeListeners.get(listener);
    if (known) return known;
    const call = async (event: Event) =>
      typeof listener === 'function' ? listener.call(signal, event) : listener.handleEvent(event);
    const safeListener = (event: Event) => void call(event).catch(() => {});
    safeListeners.set(listener, safeListener);
    return safeListener;
  };
  let handler: Listener = null;
  Object.defineProperties(signal, {
    addEventListener: {
      value: (type: string, listener: Listener, options?: object) =>
        addEventListener.call(signal, type, safe(listener) as () => void, options),
    },
    removeEventListener: {
      value: (type: string, listener: Listener, options?: object) =>
        removeEventListener.call(signal, type, safe(listener) as () => void, options),
    },
    onabort: {
      get: () => handler,
      set(listener: Listener) {
        if (handler) signal.removeEventListener('abort', handler);
        handler = listener;
        if (handler) signal.addEventListener('abort', handler);
      },
    },
  });
  return controller;
}
