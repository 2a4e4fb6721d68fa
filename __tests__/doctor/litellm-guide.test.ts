import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

/** What makes the steps of docs/litellm.md end in a doctor without a warning. The steps themselves need LiteLLM. */
describe('docs/litellm.md', () => {
  const guide = readFileSync(new URL('../../docs/litellm.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n(# litellm\.yaml\n[\s\S]*?)```/.exec(guide) ?? [];
  const models: { model_name: string; litellm_params: { mock_response?: unknown } }[] = parse(yaml).model_list;
  const check = /export ELIZANET_BASE_URL=(\S+) ELIZANET_API_KEY=(\S+)\nELIZANET_EMBEDDING_DIMENSIONS=(\d+) npx/.exec(
    guide,
  );

  it('configures models that answer without a key', () => {
    for (const { litellm_params } of models) expect(litellm_params.mock_response).toBeTruthy();
  });

  it('checks the width of its mock vector', () => {
    const embedding = models.find(({ model_name }) => model_name.includes('embedding'));
    expect(embedding?.litellm_params.mock_response).toHaveLength(Number(check?.[3]));
  });

  it('checks the address and the key that it starts LiteLLM with', () => {
    const keys = [...guide.matchAll(/LITELLM_MASTER_KEY=(sk-\S+)/g)].map(([, key]) => key);
    expect(new Set(keys)).toEqual(new Set([check?.[2]]));
    expect(keys.length).toBe(2);
    expect(guide).toContain(`--port ${new URL(String(check?.[1])).port}`);
  });
});
