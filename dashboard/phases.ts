import type { Phase } from '../src/observe/status.js';

/** What the page says about each state, and what to do. */
export const PHASES: Record<Phase, { tone: 'good' | 'warn' | 'bad' | ''; title: string; advice: string }> = {
  empty: {
    tone: '',
    title: 'No call yet',
    advice:
      'Talk to the agent: its model calls appear here. To check ElizaNet beforehand, run npx @elizaos/plugin-elizanet-fallback doctor.',
  },
  healthy: { tone: 'good', title: 'Every provider works', advice: 'Nothing to do. ElizaNet stands by.' },
  outage: {
    tone: 'warn',
    title: 'A provider is failing; its calls are answered by the next one',
    advice:
      'Users notice nothing. The circuit below says what is wrong: a quota or a refused key has to be repaired, the rest recovers by itself.',
  },
  elizanet_down: {
    tone: 'warn',
    title: 'ElizaNet is down: the next outage would not be answered',
    advice: 'The primary works. Run npx @elizaos/plugin-elizanet-fallback doctor to see what is wrong with ElizaNet.',
  },
  down: {
    tone: 'bad',
    title: 'A provider and ElizaNet are both failing',
    advice:
      'Calls may go unanswered. Check the network, the primary’s account, and ElizaNet with npx @elizaos/plugin-elizanet-fallback doctor.',
  },
  off: {
    tone: 'warn',
    title: 'Failover is switched off',
    advice: 'Remove ELIZANET_FALLBACK_ENABLED=false from the settings to switch it on.',
  },
};
