/** Preloaded by `bun test` (bunfig.toml), because core reads LOG_LEVEL once, when it is loaded. */
process.env.LOG_LEVEL ??= 'fatal';
