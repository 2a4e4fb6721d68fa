/** Loaded before anything else by `bun test`, see bunfig.toml: core reads the level once, when it is loaded. */
process.env.LOG_LEVEL ??= 'fatal';
