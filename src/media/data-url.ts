/** The content of a data URL. */
export interface DataUrl {
  /** In lower case, without parameters; '' when there is none. */
  mime: string;
  base64: string;
}

/** Makes a data URL of bytes, or of their base64. */
export function toDataUrl(mime: string, data: Uint8Array | string): string {
  return `data:${mime};base64,${typeof data === 'string' ? data : Buffer.from(data).toString('base64')}`;
}

/** @returns undefined for anything but a data URL in base64. */
export function parseDataUrl(address: string): DataUrl | undefined {
  const match = /^data:([^,]{0,200}?);base64,/i.exec(address);
  if (!match) return undefined;
  return { mime: match[1]?.split(';')[0]?.toLowerCase() ?? '', base64: address.slice(match[0].length) };
}
