/**
 * A real ElizaOS server with one agent, as `elizaos start` makes one: AgentServer, PGlite, and plugins. It runs under
 * Node and under Bun, in a folder that finds the agent's packages above itself (project.ts), takes its settings from
 * the environment, as an agent does from its `.env`, and does not outlive the process that started it.
 *
 * Prints one line of JSON when it is ready. `GET /state` tells what cannot be seen from outside.
 */
import bootstrap from '@elizaos/plugin-bootstrap';
import openai from '@elizaos/plugin-openai';
import { AgentServer } from '@elizaos/server';

const { AGENT_PORT, AGENT_DATA_DIR, AGENT_PROTECTED } = process.env;

const VECTORS = `SELECT m.content->>'text' AS text, COALESCE(
    e.dim_384::text, e.dim_512::text, e.dim_768::text, e.dim_1024::text, e.dim_1536::text, e.dim_3072::text) AS vector
  FROM embeddings e JOIN memories m ON m.id = e.memory_id`;

const orphans = [];
const server = new AgentServer();

async function answerState(_request, response) {
  const { rows } = await server.database.db.execute(VECTORS);
  const vectors = rows.map(({ text, vector }) => ({ text, vector: JSON.parse(vector) }));
  response.json({ pid: process.pid, orphans, vectors });
}

const plugins = [bootstrap, openai];
if (AGENT_PROTECTED === 'true') plugins.push((await import('@elizaos/plugin-elizanet-fallback')).default);

await server.start({
  port: Number(AGENT_PORT),
  dataDir: AGENT_DATA_DIR,
  middlewares: [(request, response, next) => (request.path === '/state' ? answerState(request, response) : next())],
  agents: [{ character: { name: 'Eliza', bio: ['Answers.'] }, plugins }],
});
// The server listens for them too, and did so before: what a rejection does to the process stays as it is.
process.on('unhandledRejection', (reason) => orphans.push(String(reason)));
process.stdin.on('end', () => process.exit(1)).resume();

const [agent] = server.getAllAgents();
// The port may be another one: the server looks for the next when somebody was faster.
console.log(JSON.stringify({ port: Number(process.env.SERVER_PORT), agentId: agent.agentId }));
