// What is looked for as bytes, without the core: a viewer asks it for nothing but what it shows.

/** The bytes of hex, or of text in UTF-8; throws for another charset, unless it is all ASCII. */
export function bytesOf(text: string, as: string): Uint8Array {
  if (as === 'hex') return Uint8Array.from(pairs(text.replace(/0x|[^0-9a-f]/gi, '')), (two) => parseInt(two, 16));
  const bytes = new TextEncoder().encode(text);
  if (as !== 'utf-8' && bytes.some((b) => b >= 0x80)) throw new RangeError(as);
  return bytes;
}

const pairs = (digits: string): string[] => digits.match(/../g) ?? [];
