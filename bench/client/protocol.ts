/** What a client process is asked to do. */
export type Task =
  | { kind: 'calls'; count: number; concurrency: number }
  | { kind: 'streams'; count: number; deltas: number }
  | { kind: 'first-chunks'; count: number }
  | { kind: 'memory'; count: number; concurrency: number };

/** What it reports. */
export type Result =
  | { kind: 'calls'; cpuMicros: number; perSecond: number }
  | { kind: 'streams'; cpuMicros: number; perSecond: number }
  | { kind: 'first-chunks'; millis: number[] }
  | { kind: 'memory'; grownBytes: number; warnings: string[] };

/** How the server writes streams: in writes of 16 KB, one delta a write, or the first delta 5 ms before the rest. */
export interface StreamMode {
  deltas: number;
  write: 'coalesced' | 'separate' | 'first-alone';
}

export interface ServerStats {
  openSockets: number;
  /** Most sockets open at once since the last reset. */
  peakSockets: number;
}
