/** Replaces a secret wherever a text holds it. Without a secret the text stays as it is. */
export function maskSecret(text: string, secret: string | undefined): string {
  return secret ? text.replaceAll(secret, '***') : text;
}
