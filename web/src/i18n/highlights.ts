// The words of highlight rules.

import { addWords } from './table';

export const highlightWords = {
  highlightText: ['Text of rows to highlight', '要高亮的文本'],
  highlightAdd: ['Highlight rows with this text', '高亮包含此文本的行'],
  highlightColour: ['Another colour for {text}', '更换 {text} 的颜色'],
  highlightAlert: ['When {text} comes', '收到 {text} 时'],
  highlightRemove: ['Highlight {text} no more', '不再高亮 {text}'],
  alertNone: ['silent', '不提醒'],
  alertSound: ['sound', '声音'],
  alertNotification: ['notification', '通知'],
  highlights: ['Highlights', '高亮'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(highlightWords);
