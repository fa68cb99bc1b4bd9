// The words of decoded messages.

import { addWords } from './table';

export const decodeWords = {
  decodeAs: ['Protocol', '协议'],
  decodeNone: ['not decoded', '不解码'],
  decodeAuto: ['found by itself', '自动识别'],
  decodeTree: ['As a message', '按协议解码'],
  decodeNothing: ['It is no message of a protocol that is known.', '不是已知协议的消息。'],
  decodeOpen: ['goes on', '未结束'],
  decodeBytes: ['Bytes of the message', '消息的字节'],
  decodeLooks: ['{who}: {what}', '{who}：{what}'],
  decodeShow: ['Show it so', '按此显示'],
  decodeNo: ['No', '不用'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(decodeWords);
