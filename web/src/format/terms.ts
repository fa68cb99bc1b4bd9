// Which words of the glossary a text has.

import type { Word } from '../api-types';

// They mean what everybody thinks, or stand in every sentence.
const common = new Set(['address', 'port', 'connect', 'listen', 'accept', 'bind', 'client', 'server', 'peer', 'frame', 'buffer', 'echo', 'stream', 'interface', 'tcp', 'udp', 'blocking', 'route', 'socket', 'timeout']);
const most = 5;

const isHan = (s: string): boolean => /\p{Script=Han}/u.test(s);

/** The words that a text has, in the order in which they stand there; a few at most. */
export function termsIn(text: string, words: readonly Word[]): Word[] {
  const lower = text.toLowerCase();
  const at = (name: string): number => {
    const n = name.toLowerCase();
    if (isHan(n)) return n.length < 2 ? -1 : lower.indexOf(n);
    const escaped = n.replace(/[^a-z0-9 ]/g, (c) => `\\${c}`).replace(/[ ]/g, '[ _-]');
    return lower.search(new RegExp(`(?<![a-z0-9])${escaped}(?![a-z0-9])`));
  };
  return words
    .filter((w) => !common.has(w.word))
    .map((word) => ({ word, place: Math.min(...[word.word, ...(word.also ?? [])].map(at).filter((n) => n >= 0)) }))
    .filter((found) => Number.isFinite(found.place))
    .sort((a, b) => a.place - b.place)
    .slice(0, most)
    .map((found) => found.word);
}
