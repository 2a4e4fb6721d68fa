import { EventReader } from './event-reader.js';
import { EventStreamBody } from './event-stream-body.js';
import type { ResponseReader } from './request.js';

/**
 * Reads an answer as server-sent events, as they come.
 *
 * The time limit holds for the first event and again between any two; `EventReader.limitGaps` shortens it. A slow reader
 * holds the socket back.
 */
export const asEvents: ResponseReader<EventReader> = {
  accept: 'text/event-stream',
  isStream: true,
  read: (response, timeout) =>
    new EventReader({ ...response, body: new EventStreamBody(response.body, response.context) }, timeout),
};
