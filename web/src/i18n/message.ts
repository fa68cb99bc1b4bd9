// The words of the panel that shows one message.

import { addWords } from './table';

export const messageWords = {
  noMessage: ['Click a row of the log to see all of it.', '点击一行数据查看完整内容。'],
  number: ['number', '编号'],
  shownOf: ['The first {shown} of {all} bytes.', '只显示前 {shown} 字节，共 {all} 字节。'],
  asText: ['As text', '文本'],
  asHex: ['As hex', '十六进制'],
  sendAgain: ['Into the send box', '放入发送框'],
  frameOffset: ['Offset', '流内偏移'],
  frameIs: ['Frame', '帧'],
  frameWhole: ['whole', '完整'],
  frameChunks: ['Reads', '接收次数'],
  frameCuts: ['{n}; new ones begin at {at}', '{n} 次；分界于 {at}'],
  numberRange: ['{from} to {to}', '{from} 至 {to}'],
  endedBy: ['(ended by {n})', '（由第 {n} 个事件结束）'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(messageWords);
