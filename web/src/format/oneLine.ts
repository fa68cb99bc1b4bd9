// A message in one line: as text, or as hex if it is none.

import { hex } from './bytes';
import { choose, decode, safe, type ViewCharset } from './text';

const mostBytes = 24; // of hex

export function inOneLine(data: Uint8Array, charset: ViewCharset): string {
  const { text } = decode(data, charset === 'auto' ? (choose(undefined, data) ?? 'utf-8') : charset);
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd\ud800-\udfff]/u.test(text)) return hex(data, 0, mostBytes) + (data.length > mostBytes ? ' …' : '');
  return safe(text.replace(/\s+/g, ' ').trim());
}
