// What typed text seems to be, so that one click corrects how it is sent.

const pair = /^(?:0x)?[0-9a-f]{2}h?$/i;

/** Text that somebody probably means as bytes in hex: pairs apart from each other, or with 0x. */
export function looksLikeHex(text: string): boolean {
  const words = text.trim().split(/[\s,;:-]+/);
  if (words.length > 1) return words.every((w) => pair.test(w)) && /[0-9]/.test(text);
  const word = words[0] ?? '';
  if (/^(?:\\x[0-9a-f]{2})+$/i.test(word)) return false; // escapes mean the same in text
  return /^0x(?:[0-9a-f]{2})+$/i.test(word) || (word.length >= 8 && word.length % 2 === 0 && /^[0-9a-f]+$/i.test(word) && /[0-9]/.test(word) && /[a-f]/i.test(word));
}

/** What cannot be meant as hex: it has letters that no notation of hex has. */
export const looksLikeText = (text: string): boolean => /[g-wyz\p{Script=Han}]/iu.test(text.replace(/\{\{[^}]*\}\}|\/\/.*$|\b0x/gm, ''));
