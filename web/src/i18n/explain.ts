// The words around explained words.

import { addWords } from './table';

export const explainWords = {
  explainIs: ['Explain', '术语'],
  explainSee: ['See it here', '在本机查看'],
  explainLaidDown: ['Laid down in', '出处'],
  explainWord: ['Explain {word}', '解释 {word}'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(explainWords);
