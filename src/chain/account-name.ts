import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

const LOOPBACK = /\b(?:localhost|127(?:\.\d{1,3}){3})|\[::1\]/i;

/** A name for the address and key of an endpoint that tells neither. */
export function endpointAccount({ baseUrl, apiKey = '' }: { baseUrl: string; apiKey?: string }): string {
  return accountName([`URL=${baseUrl}`, `KEY=${apiKey}`]) as string;
}

/**
 * A name for the account, address and models of a provider that reveals none of them. Two agents share circuits only where
 * all of these are equal. One on loopback is that of this host.
 * @param settings `NAME=value`, in a fixed order.
 * @returns 128 bits in hexadecimal; undefined without settings, since nothing then says what the agents have in common.
 */
export function accountName(settings: readonly string[]): string | undefined {
  // Models alone name no account and no address: Ollama's default is that of each host.
  if (!settings.some((setting) => /^[^=]*(?:KEY|TOKEN|URL|ENDPOINT)[^=]*=/.test(setting))) return undefined;
  const parts = settings.some((setting) => LOOPBACK.test(setting)) ? [...settings, hostname()] : settings;
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
