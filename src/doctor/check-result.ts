/** What one check found. */
export interface CheckResult {
  /** Stable name for programs. Several results about settings may share one. */
  id: CheckId;
  /** Name of the check in the table. */
  name: string;
  /** Number of the endpoint that was checked, from 2 on. @default the first one, or none */
  endpoint?: number;
  /** `fail`: calls that fail over will not be answered. `warn`: they will, but something should be checked. */
  status: 'ok' | 'warn' | 'fail' | 'skipped';
  /** What was found. Contains no key. */
  detail: string;
  /** What to do about it. */
  advice?: string;
  /** In milliseconds. */
  durationMs?: number;
}

export type CheckId =
  | 'character'
  | 'plugin-listed'
  | 'settings'
  | 'setting-invalid'
  | 'setting-overridden'
  | 'setting-unknown'
  | 'setting-warning'
  | 'fallback-disabled'
  | 'default-address'
  | 'proxy'
  | 'reachable'
  | 'key'
  | 'models'
  | 'small-model'
  | 'large-model'
  | 'embedding';

export type Finding = Omit<CheckResult, 'id' | 'name' | 'durationMs'>;
