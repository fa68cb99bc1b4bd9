// Words that several panels say, and nothing that stands before they come.

import { addWords } from './table';

export const panelWords = {
  saved: ['Saved {name}.', '已保存 {name}。'],
  orderBig: ['big endian', '大端'],
  orderLittle: ['little endian', '小端'],
  copiedLine: ['Copied.', '已复制。'],
  columnPeer: ['Peer', '对象'],
  openNamed: ['Open {name}', '打开 {name}'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(panelWords);
