/** The stand-ins' answers to the prompts of a real agent. A mark in each message identifies it in these prompts. */

type Body = Record<string, unknown>;

let count = 0;

/** A unique message, whose mark appears in the agent's prompts. */
export function nextMessage(): { mark: number; content: string } {
  count++;
  return { mark: count, content: `Eliza, what do you say to [m${count}]?` };
}

/** The mark of the newest message in a prompt, which contains earlier messages too. */
export function markIn(body: Body): number {
  return Math.max(0, ...[...JSON.stringify(body).matchAll(/\[m(\d+)\]/g)].map(([, mark]) => Number(mark)));
}

/** Whether this call answers a message. Others reflect on the conversation. */
export function isReply(body: Body): boolean {
  return JSON.stringify(body).includes('Generate dialog and actions for the character');
}

/** The answer of a provider to a message. */
export function answerOf(name: string, mark: number): string {
  return `This is the answer of ${name} to [m${mark}], with enough words for a stream of several chunks.`;
}

/** The XML that plugin-bootstrap's prompts ask for. */
export function speakAs(name: string): (body: Body) => string {
  return (body) =>
    isReply(body)
      ? `<response><thought>I answer.</thought><actions>REPLY</actions><providers></providers><text>${answerOf(name, markIn(body))}</text></response>`
      : '<response><thought>Nothing new.</thought><facts></facts><relationships></relationships></response>';
}
