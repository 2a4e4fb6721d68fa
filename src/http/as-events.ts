import { EVENT_LIMIT_CHARS } from './event-parser.js';
import { EventReader } from './event-reader.js';
import type { ResponseReader } from './request.js';
import { SingleEventBody } from './single-event-body.js';

/**
 * Reads an answer as server-sent events, as they come.
 *
 * The time limit holds for the first event and again between any two. A slow reader holds the socket back.
 */
export const asEvents: ResponseReader<EventReader> = {
  accept: 'text/event-stream',
  isStream: true,
  read(response, timeout) {
    const { body, contentType, context } = response;
    if (contentType !== 'application/json') return new EventReader(response, timeout);
    return new EventReader({ ...response, body: new SingleEventBody(body, EVENT_LIMIT_CHARS, context) }, timeout);
  },
};
