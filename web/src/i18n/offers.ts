// The words of what the page offers by itself: how to show what came, and what was opened last.

import { addWords } from './table';

export const offerWords = {
  looksLike: ['This looks like {name}.', '这像是 {name}。'],
  looksJson: ['JSON lines', 'JSON 行'],
  looksShow: ['Show it so', '这样显示'],
  looksShown: ['Shown as {name}.', '已按 {name} 显示。'],
  lastOpened: ['Opened before', '上次使用'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(offerWords);
