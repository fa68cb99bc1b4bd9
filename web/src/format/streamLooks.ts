// What came of a session seems to be, so that one click shows it so.

import { choose, type ViewCharset } from './text';

/** Whether some of it is GBK, and none of it has characters of UTF-8. */
export function looksLikeGBK(messages: readonly Uint8Array[], charset: ViewCharset): boolean {
  if (charset !== 'utf-8') return false;
  const chosen = messages.map((m) => choose(undefined, m));
  return chosen.includes('gbk') && !chosen.includes('utf-8');
}

/** Whether it is lines of JSON objects: at least two whole ones, and no line that is none. */
export function looksLikeJSONLines(messages: readonly Uint8Array[]): boolean {
  const decoder = new TextDecoder();
  const lines = messages
    .map((m) => decoder.decode(m, { stream: true }))
    .join('')
    .split('\n')
    .slice(0, -1)
    .filter((l) => l.trim() !== '');
  return lines.length >= 2 && lines.slice(0, 20).every(isObject);
}

function isObject(line: string): boolean {
  if (!line.trim().startsWith('{')) return false;
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}
