// The words over a log that does not follow.

import { addWords } from './table';

export const logEndWords = {
  pausedNote: ['Display is paused; everything goes on being received.', '显示已暂停，数据仍在接收。'],
  toEnd: ['To the newest', '到最新'],
  newer: ['{n} newer', '之后还有 {n} 条'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(logEndWords);
