import { createGuarded, type Guarded, type GuardedOptions } from '../guarded.js';
import { type NextCore, standInForNextCore } from './dispatch.js';

export interface NextGuarded extends Guarded {
  /** The stand-in's dispatch. */
  core: NextCore;
}

/** As `createGuarded`, on a core that fails over itself: see `dispatch.ts` for what that shows and what not. */
export async function createNextGuarded(options: GuardedOptions = {}): Promise<NextGuarded> {
  let core: NextCore | undefined;
  const guarded = await createGuarded({
    ...options,
    prepare(runtime) {
      core = standInForNextCore(runtime);
    },
  });
  if (!core) throw new Error('the runtime was not prepared');
  // Without the calls of the start.
  core.ledgers.length = 0;
  core.answeredBy.length = 0;
  return { ...guarded, core };
}
