import { describe, expect, it } from 'vitest';
import { logLines } from '../../../../lab/log-lines.js';
import { PNG, PNG_URL } from '../../../../lab/media.js';
import { assistant, failureOf, type Message, type Params, startAgent, system, user, wireCall } from './agent.js';

const BYTES = new Uint8Array(PNG);
const PUBLIC = { options: { lookup: async () => ['93.184.216.34'] } };

/** Rows of CORE-2X §6 that concern the messages of a request: the params, and the messages that are sent. */
const SENT: [row: string, behaviour: string, params: Params, messages: Message[]][] = [
  [
    '1',
    'sends the messages in place of a prompt',
    { messages: [user('a'), assistant('b'), user('c')] },
    [system('Character.'), user('a'), assistant('b'), user('c')],
  ],
  ['2', 'prefers messages to the prompt', { prompt: 'P', messages: [user('M')] }, [system('Character.'), user('M')]],
  ['3', 'takes an empty list for no messages', { prompt: 'P', messages: [] }, [system('Character.'), user('P')]],
  [
    '4',
    'sends attachments with a prompt',
    { prompt: 'P', attachments: [{ mediaType: 'image/png', data: BYTES }] },
    [
      system('Character.'),
      user([
        { type: 'text', text: 'P' },
        { type: 'image_url', image_url: { url: PNG_URL } },
      ]),
    ],
  ],
  [
    '5',
    'sends no attachments with messages',
    { messages: [user('M')], attachments: [{ mediaType: 'image/png', data: BYTES }] },
    [system('Character.'), user('M')],
  ],
  [
    '6',
    'takes no text from the segments of a prompt',
    { prompt: 'ab', promptSegments: [{ content: 'a' }, { content: 'b' }] },
    [system('Character.'), user('ab')],
  ],
  [
    '8',
    'sends a repeated system message once',
    { system: 'S', messages: [system('S'), user('M')] },
    [system('S'), user('M')],
  ],
  [
    '8',
    'ignores blanks around a repeated system message',
    { system: ' S\n', messages: [system('\nS '), user('M')] },
    [system('S'), user('M')],
  ],
  [
    '9',
    'recognises a repeated system message in parts',
    { system: 'S', messages: [system([{ type: 'text', text: 'S' }]), user('M')] },
    [system('S'), user('M')],
  ],
  [
    '10',
    'sends both system messages when they differ, that of the params first',
    { system: 'S', messages: [system('other'), user('M')] },
    [system('S'), system('other'), user('M')],
  ],
  ['11', 'keeps a list of nothing but the system message', { system: 'S', messages: [system('S')] }, [system('S')]],
  ['12', 'sends no system message for an own key without text', { prompt: 'P', system: undefined }, [user('P')]],
  ['12', 'sends no system message for null', { messages: [user('M')], system: null }, [user('M')]],
  ['13', 'sends no system message for an empty one', { prompt: 'P', system: '' }, [user('P')]],
  ['14', "sends the character's system prompt without an own key", { prompt: 'P' }, [system('Character.'), user('P')]],
  [
    '14',
    "leaves the character's system prompt out beside a leading system message",
    { messages: [system('S'), user('M')] },
    [system('S'), user('M')],
  ],
  [
    '15',
    'sends the role developer as system, and an unknown role as user',
    {
      system: '',
      messages: [
        { role: 'developer', content: 'D' },
        { role: 'narrator', content: 'N' },
      ],
    },
    [system('D'), user('N')],
  ],
  [
    '16',
    'sends text, images and files of a user',
    {
      system: '',
      messages: [
        user([
          { type: 'text', text: 'Look:' },
          { type: 'image', image: BYTES },
          { type: 'image', image: PNG.toString('base64'), mediaType: 'image/png' },
          { type: 'image', image: new URL('https://images.invalid/a.png') },
          { type: 'file', data: new Uint8Array([37, 80, 68, 70]), mediaType: 'application/pdf', filename: 'a.pdf' },
          { type: 'file', data: BYTES, mediaType: 'image/png' },
        ]),
      ],
    },
    [
      user([
        { type: 'text', text: 'Look:' },
        { type: 'image_url', image_url: { url: PNG_URL } },
        { type: 'image_url', image_url: { url: PNG_URL } },
        { type: 'image_url', image_url: { url: 'https://images.invalid/a.png' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
        { type: 'image_url', image_url: { url: PNG_URL } },
      ]),
    ],
  ],
  [
    '17',
    "drops a model's thoughts and keeps its text and calls",
    {
      system: '',
      messages: [
        assistant([
          { type: 'reasoning', text: 'Hm.' },
          { type: 'text', text: 'Wait.' },
          { type: 'tool-call', toolCallId: 'c1', toolName: 'CLOCK', input: {} },
        ]),
        {
          role: 'tool',
          content: [{ type: 'tool-result', toolCallId: 'c1', output: { type: 'text', value: 'noon' } }],
        } as never,
      ],
    },
    [
      assistant('Wait.', { tool_calls: [wireCall('c1', 'CLOCK', '{}')] }),
      { role: 'tool', tool_call_id: 'c1', content: 'noon' },
    ],
  ],
  [
    '20',
    'leaves out a call without a name',
    {
      system: '',
      messages: [
        assistant('A', { toolCalls: [{ id: 'c0', arguments: {} }, { name: 'CLOCK' }, { id: 'c1', name: 'CLOCK' }] }),
        { role: 'tool', toolCallId: 'c1', content: 'noon' },
      ],
    },
    [
      assistant('A', { tool_calls: [wireCall('c1', 'CLOCK', '{}')] }),
      { role: 'tool', tool_call_id: 'c1', content: 'noon' },
    ],
  ],
];

const CALL = { id: 'c1', name: 'LOOK_UP', arguments: { x: 1 } };
const SENT_CALL = wireCall('c1', 'LOOK_UP', '{"x":1}');

/** Each of these is the same assistant message. */
const DIALECTS: [row: string, dialect: string, call: Params][] = [
  ['18', "core's", CALL],
  ['19', "the AI SDK's", { toolCallId: 'c1', toolName: 'LOOK_UP', input: { x: 1 } }],
  ['19', "OpenAI's", { id: 'c1', type: 'function', function: { name: 'LOOK_UP', arguments: '{"x":1}' } }],
  ['19', 'one with JSON text', { id: 'c1', name: 'LOOK_UP', arguments: '{"x":1}' }],
];

const result = (id: string, content: unknown): Message => ({ role: 'tool', toolCallId: id, content });
const sentResult = (id: string, content: string): Message => ({ role: 'tool', tool_call_id: id, content });
const calling = (...ids: string[]) => assistant(null, { toolCalls: ids.map((id) => ({ id, name: 'CLOCK' })) });
const sentCalling = (...ids: string[]) => assistant(null, { tool_calls: ids.map((id) => wireCall(id, 'CLOCK', '{}')) });
const orphan = (text: string) => user(`Result of a tool call:\n${text}`);

/** The pairs of calls and results, which OpenAI refuses when they are not together. */
const PAIRS: [row: string, behaviour: string, given: Message[], sent: Message[]][] = [
  [
    '21',
    'are untouched when they are together',
    [user('a'), calling('1', '2'), result('1', 'r1'), result('2', 'r2'), user('b')],
    [user('a'), sentCalling('1', '2'), sentResult('1', 'r1'), sentResult('2', 'r2'), user('b')],
  ],
  ['22', 'become words without a call', [result('9', 'r9'), user('a')], [orphan('r9'), user('a')]],
  [
    '22',
    'become words without an id',
    [calling('1'), { role: 'tool', content: 'r' }, result('1', 'r1')],
    [sentCalling('1'), sentResult('1', 'r1'), orphan('r')],
  ],
  [
    '23',
    'are moved together over other messages',
    [calling('1'), user('a'), result('1', 'r1')],
    [sentCalling('1'), sentResult('1', 'r1'), user('a')],
  ],
  [
    '24',
    'are judged one by one',
    [calling('1'), result('1', 'r1'), result('9', 'r9')],
    [sentCalling('1'), sentResult('1', 'r1'), orphan('r9')],
  ],
  [
    '25',
    'stay behind their call in the order of the messages',
    [calling('1', '2'), result('2', 'r2'), result('1', 'r1')],
    [sentCalling('1', '2'), sentResult('2', 'r2'), sentResult('1', 'r1')],
  ],
  [
    '26',
    'are completed where a call has no result',
    [calling('1', '2'), result('2', 'r2'), user('a')],
    [sentCalling('1', '2'), sentResult('2', 'r2'), sentResult('1', 'No result of this call is known.'), user('a')],
  ],
  [
    '26',
    'are told from those of an earlier turn with the same id',
    [calling('1'), result('1', 'first'), calling('1'), result('1', 'second'), result('1', 'third')],
    [sentCalling('1'), sentResult('1', 'first'), sentCalling('1'), sentResult('1', 'second'), orphan('third')],
  ],
];

/** The content of a tool message, and the text that is sent. */
const RESULTS: [row: string, form: string, content: unknown, sent: string[]][] = [
  ['27', 'a text', 'done', ['done']],
  ['27', 'JSON text', '{"a": 1}', ['{"a": 1}']],
  ['27', 'an object', { a: 1 }, ['{"a":1}']],
  ['27', 'nothing', undefined, ['']],
  [
    '27',
    'text parts',
    [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
    ['ab'],
  ],
  [
    '27',
    'parts that are results',
    [
      { type: 'tool-result', toolCallId: 'c1', output: { type: 'json', value: { a: 1 } } },
      { type: 'tool-result', toolCallId: 'c2', output: { type: 'text', value: 'b' } },
      { type: 'tool-result', toolCallId: 'c3', output: { type: 'content', value: [{ type: 'text', text: 'c' }] } },
      { type: 'tool-result', toolCallId: 'c4', result: { old: true } },
    ],
    ['{"a":1}', 'b', 'c', '{"old":true}'],
  ],
];

describe('the messages of a request', () => {
  it.each(SENT)('[row %s] %s', async (_row, _behaviour, params, messages) => {
    const agent = await startAgent(undefined, { system: 'Character.', ...PUBLIC });
    await agent.call(params);
    expect(agent.messages).toEqual(messages);
    expect(JSON.stringify(agent.last)).not.toContain('Hm.');
  });

  it.each(DIALECTS)('[row %s] announce tool calls in one form, given in %s', async (_row, _dialect, call) => {
    const agent = await startAgent();
    const messages = [user('hi'), assistant('', { toolCalls: [call] }), result('c1', 'done')];
    await agent.ask({ messages });
    expect(agent.messages).toEqual([
      user('hi'),
      assistant(null, { tool_calls: [SENT_CALL] }),
      sentResult('c1', 'done'),
    ]);
  });

  it('[row 19] announce a call that is in the field and in the parts once', async () => {
    const agent = await startAgent();
    const part = { type: 'tool-call', toolCallId: 'c1', toolName: 'LOOK_UP', input: { x: 1 } };
    await agent.ask({ messages: [assistant([part], { toolCalls: [CALL] }), result('c1', 'done')] });
    expect(agent.messages[0]).toEqual(assistant(null, { tool_calls: [SENT_CALL] }));
  });

  it.each(RESULTS)('[row %s] tell results of tools as text, given as %s', async (_row, _form, content, sent) => {
    const agent = await startAgent();
    const ids = sent.map((_, index) => `c${index + 1}`);
    await agent.ask({ messages: [calling(...ids), { role: 'tool', toolCallId: 'c1', content }] });
    expect(agent.messages.slice(1)).toEqual(sent.map((text, index) => sentResult(`c${index + 1}`, text)));
  });

  it('[row 28] are well-formed Unicode, whatever half of a character they were cut at', async () => {
    const agent = await startAgent();
    const bodies: string[] = [];
    const half = '\ud83d';
    await agent.ask({ messages: [user(`cut ${half}`), assistant(`\\${half}${half} \\ud83d 😀`), user('\udc00')] });
    for (const { content } of agent.messages) bodies.push(String(content));
    expect(bodies).toEqual(['cut \ufffd', '\\\ufffd\ufffd \\ud83d 😀', '\ufffd']);
  });

  it('[row 16] leave out what cannot be sent, with one warning for the whole conversation', async () => {
    const agent = await startAgent();
    const lines = logLines(agent.guarded.runtime);
    const messages = [
      user([{ type: 'image', image: 'file:///etc/passwd' }, { type: 'hologram' }, { type: 'text', text: 'Look:' }]),
      user([{ type: 'file', data: 'https://files.invalid/a.pdf', mediaType: 'application/pdf' }]),
      user([{ type: 'image', image: 'http://127.0.0.1:1/a.png' }]),
    ];
    await agent.ask({ messages });
    await agent.ask({ messages });
    expect(agent.messages).toEqual([
      user('Look:'),
      user('(an attachment that cannot be sent)'),
      user('(an image that cannot be sent)'),
    ]);
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([{ fields: { count: 4 } }]);
  });

  it.each([
    ['7', 'neither a prompt nor messages', {}],
    ['7', 'an empty list and no prompt', { messages: [] }],
    ['7', 'messages that are none', { messages: [null, 'hi'] }],
    ['7', 'a message that says nothing', { messages: [assistant(null)] }],
    ['29', 'longer messages than the limit', { messages: [user('x'.repeat(60)), user('y'.repeat(60))] }],
    ['29', 'a longer system message', { system: 'x'.repeat(120), messages: [user('hi')] }],
    ['29', 'a longer system message beside a prompt', { system: 'x'.repeat(99), prompt: 'hi' }],
    ['29', 'longer tools', { prompt: 'hi', tools: [{ name: 'T', description: 'x'.repeat(120) }] }],
    [
      '29',
      'longer arguments',
      { messages: [assistant(null, { toolCalls: [{ id: '1', name: 'T', input: 'x'.repeat(120) }] })] },
    ],
    ['29', 'a longer schema', { prompt: 'hi', responseSchema: { type: 'object', description: 'x'.repeat(120) } }],
  ])('[row %s] are refused without a request: %s', async (_row, _what, params) => {
    const agent = await startAgent(undefined, { settings: { ELIZANET_MAX_INPUT_LENGTH: 100 } });
    const error = await failureOf(agent.call(params));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', kind: 'request' });
    expect(error.message).not.toMatch(/x{10}/);
    expect(agent.sent).toEqual([]);
  });
});

describe('tool calls and their results in a request', () => {
  it.each(PAIRS)('[row %s] %s', async (_row, _behaviour, messages, sent) => {
    const agent = await startAgent();
    await agent.ask({ messages });
    expect(agent.messages).toEqual(sent);
  });
});
