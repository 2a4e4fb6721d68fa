/** A database adapter whose every method resolves to undefined: all that core needs of one to call a model. */
export const nullAdapter = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : async () => undefined) });
