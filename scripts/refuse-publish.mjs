/**
 * The `prepack` script. npm runs it before it publishes the repository, also in a dry run and although `.npmrc` ignores
 * scripts (see `publishConfig` in package.json): a clone without a build would be packed without `dist`.
 */
if (process.env.npm_command !== 'pack') {
  console.error('The repository itself is not published. Run: npm run release (add "-- --dry-run" to try it)');
  process.exit(1);
}
