// Bytes as the API carries them (base64), and as hex.

/** Bytes of a base64 string. */
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** The base64 string of bytes. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(binary);
}

const digits = Array.from({ length: 256 }, (_, b) => b.toString(16).padStart(2, '0'));

/** One byte as two digits. */
export const hexByte = (b: number): string => digits[b & 0xff] ?? '';

/** Bytes as "48 65 6c", from start up to end. */
export function hex(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let out = '';
  for (let i = start; i < end && i < bytes.length; i++) out += (i > start ? ' ' : '') + hexByte(bytes[i]!);
  return out;
}

/** Bytes as "48656c", for queries. */
export const hexDigits = (bytes: Uint8Array): string => Array.from(bytes, hexByte).join('');

/** Where needle begins in bytes, every place, without overlaps. */
export function findBytes(bytes: Uint8Array, needle: Uint8Array): number[] {
  const found: number[] = [];
  if (needle.length === 0) return found;
  for (let i = 0; i + needle.length <= bytes.length; ) {
    i = bytes.indexOf(needle[0]!, i);
    if (i < 0) break;
    let n = 1;
    while (n < needle.length && bytes[i + n] === needle[n]) n++;
    if (n === needle.length) {
      found.push(i);
      i += n;
    } else i++;
  }
  return found;
}
