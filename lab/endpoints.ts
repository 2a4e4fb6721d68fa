import { createGuarded, type Guarded, type GuardedOptions } from './guarded.js';
import { type StandIn, type StandInOptions, startStandIn } from './stand-in/server.js';

export interface WithEndpoints extends Guarded {
  /** Acts as the second endpoint. */
  second: StandIn;
}

/** What the second endpoint answers unless a test says otherwise. */
export const SECOND_ANSWER = 'The second endpoint answers.';

/**
 * A real runtime with two endpoints of this plugin, each a stand-in.
 * @param create makes the runtime.
 */
export async function createWithEndpoints(
  { second: script, ...options }: GuardedOptions & { second?: StandInOptions } = {},
  create: (options: GuardedOptions) => Promise<Guarded> = createGuarded,
): Promise<WithEndpoints> {
  const second = await startStandIn({ text: SECOND_ANSWER, object: { by: 'second' }, models: ['*'], ...script });
  const settings = { ELIZANET_2_BASE_URL: second.url, ...options.settings };
  const guarded = await create({ ...options, elizaNet: { models: ['*'], ...options.elizaNet }, settings });
  const stop = async () => {
    await guarded.stop();
    await second.close();
  };
  return { ...guarded, second, stop };
}
