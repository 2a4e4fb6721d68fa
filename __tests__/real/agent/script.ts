/** What the stand-ins say to the prompts of a real agent, and how a message is found again in its prompts. */

type Body = Record<string, unknown>;

let count = 0;

/** A message like no other, with a mark that the agent's prompts carry along. */
export function nextMessage(): { mark: number; content: string } {
  count++;
  return { mark: count, content: `Eliza, what do you say to [m${count}]?` };
}

/** The newest message in a prompt: it holds the ones before as well. */
export function markIn(body: Body): number {
  return Math.max(0, ...[...JSON.stringify(body).matchAll(/\[m(\d+)\]/g)].map(([, mark]) => Number(mark)));
}

/** Whether this is the call that writes the answer to a message; there are others, to reflect on the conversation. */
export function isReply(body: Body): boolean {
  return JSON.stringify(body).includes('Generate dialog and actions for the character');
}

/** The text of an answer, which tells whose it is and to which message. */
export function answerOf(name: string, mark: number): string {
  return `This is what ${name} has to say to [m${mark}], in words enough that a stream of it comes in pieces.`;
}

/** The XML that plugin-bootstrap's prompts ask for. */
export function speakAs(name: string): (body: Body) => string {
  return (body) =>
    isReply(body)
      ? `<response><thought>I answer.</thought><actions>REPLY</actions><providers></providers><text>${answerOf(name, markIn(body))}</text></response>`
      : '<response><thought>Nothing new.</thought><facts></facts><relationships></relationships></response>';
}
