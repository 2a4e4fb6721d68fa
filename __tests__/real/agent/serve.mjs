/**
 * A real ElizaOS server with one agent, as `elizaos start` creates it: AgentServer, PGlite and plugins. Runs on Node
 * and Bun, in a folder below the agent's packages (project.ts). Reads its settings from the environment. Ends with the
 * process that started it.
 *
 * Prints one line of JSON when it is ready. `GET /state` returns its pid, unhandled rejections and stored vectors.
 */
import bootstrap from '@elizaos/plugin-bootstrap';
import openai from '@elizaos/plugin-openai';
import { AgentServer } from '@elizaos/server';

const { AGENT_PORT, AGENT_DATA_DIR, AGENT_PROTECTED } = process.env;

const VECTORS = `SELECT m.content->>'text' AS text, COALESCE(
    e.dim_384::text, e.dim_512::text, e.dim_768::text, e.dim_1024::text, e.dim_1536::text, e.dim_3072::text) AS vector
  FROM embeddings e JOIN memories m ON m.id = e.memory_id`;

const unhandled = [];
const server = new AgentServer();

async function answerState(_request, response) {
  const { rows } = await server.database.db.execute(VECTORS);
  const vectors = rows.map(({ text, vector }) => ({ text, vector: JSON.parse(vector) }));
  response.json({ pid: process.pid, unhandled, vectors });
}

const plugins = [bootstrap, openai];
if (AGENT_PROTECTED === 'true') plugins.push((await import('@elizaos/plugin-elizanet-fallback')).default);

await server.start({
  port: Number(AGENT_PORT),
  dataDir: AGENT_DATA_DIR,
  middlewares: [(request, response, next) => (request.path === '/state' ? answerState(request, response) : next())],
  agents: [{ character: { name: 'Eliza', bio: ['Answers.'] }, plugins }],
});
// AgentServer has such a listener already, so this one does not change how the process reacts.
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
process.stdin.on('end', () => process.exit(1)).resume();

const [agent] = server.getAllAgents();
// The server takes the next free port if AGENT_PORT is in use.
console.log(JSON.stringify({ port: Number(process.env.SERVER_PORT), agentId: agent.agentId }));
