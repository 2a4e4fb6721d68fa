/**
 * The arrows of src point one way, in this order of rooms; a room may import itself and every room after it. Type-only
 * imports count. `npm run lint` checks it.
 */
const ROOMS = [
  ['index', '^src/index\\.ts$'],
  ['plugin', '^src/(plugin\\.ts$|suites/|routes/)'],
  ['service', '^src/(service|instances|status)\\.ts$'],
  [
    'instance, doctor',
    '^src/((instance|extensions|agent-endpoints|agent-sinks|guard-deps|registered-providers|start-notice)\\.ts$|doctor/)',
  ],
  ['failover, models', '^src/(failover|models)/'],
  ['observe', '^src/observe/'],
  ['chain', '^src/chain/'],
  [
    'environment',
    '^src/(environment|chain-settings|settings-source|setting-builders|endpoint-settings|setting-facts|resolve-config|proxy-environment|endpoint-advice)\\.ts$',
  ],
  ['openai, media', '^src/(openai|media)/'],
  ['http', '^src/http/'],
  ['core', '^src/core/'],
];

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    ...ROOMS.slice(1).map(([name, path], index) => ({
      name: `${name}-imports-no-room-above`,
      severity: 'error',
      from: { path },
      to: { path: ROOMS.slice(0, index + 1).map(([, above]) => above) },
    })),
    {
      name: 'siblings-do-not-import-each-other',
      comment: 'failover and models meet in instance.ts; openai and media have nothing to do with each other',
      severity: 'error',
      from: { path: '^src/(failover|openai)/' },
      to: { path: '^src/(models|media)/' },
    },
    {
      name: 'siblings-do-not-import-each-other-either',
      severity: 'error',
      from: { path: '^src/(models|media)/' },
      to: { path: '^src/(failover|openai)/', pathNot: '^src/openai/' },
    },
    {
      name: 'core-and-http-know-no-elizaos',
      severity: 'error',
      from: { path: '^src/(core|http|openai|media|chain)/' },
      to: { path: '@elizaos/core' },
    },
    {
      name: 'core-knows-no-io',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: 'undici|^node:(http|net)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
