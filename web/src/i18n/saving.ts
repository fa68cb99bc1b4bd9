// The words of saving what was received and sent.

import { addWords } from './table';

export const savingWords = {
  saveText: ['Text', '文本'],
  saveCsv: ['CSV', 'CSV'],
  saveJsonl: ['JSON Lines', 'JSON Lines'],
  savePcapng: ['pcapng (Wireshark)', 'pcapng（Wireshark）'],
  saveRaw: ['Received bytes', '收到的原始字节'],
  saveWhat: ['What to save', '保存范围'],
  saveShown: ['what is shown', '当前显示的内容'],
  saveAll: ['everything of this session', '本会话的全部内容'],
  saveOnlyShown: ['Rows before the last clearing, and rows that the filter hides, are left out.', '不包含清除显示之前的内容和被过滤掉的内容。'],
  savedShown: ['Saved what is shown: {name}.', '已保存当前显示的内容：{name}。'],
  savedAll: ['Saved everything of this session: {name}.', '已保存本会话的全部内容：{name}。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(savingWords);
