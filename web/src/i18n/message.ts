// The words of the panel that shows one message.

import { addWords } from './table';

export const messageWords = {
  noMessage: ['Click a row of the log to see all of it.', '点击一行数据查看完整内容。'],
  number: ['Number', '编号'],
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
  asTree: ['As JSON', 'JSON 结构'],
  sinceRequest: ['Since the other way', '距对向消息'],
  sinceRequestHint: ['How long after the latest message of this peer in the other direction', '距该对象最近一条反方向消息的时间'],
  numbersAt: ['From byte', '起始字节'],
  numbersFrom: ['Numbers from byte {n}', '从第 {n} 字节起的数值'],
  checksumWhich: ['Which checksum is this?', '末尾是哪种校验？'],
  checksumIs: ['It ends with: {names}.', '末尾是：{names}。'],
  checksumNone: ['None of the usual checksums is at its end; sockeye crc finds others from several messages.', '末尾不是常用的校验；可用 sockeye crc 从多条消息中求解。'],
  compared: ['Side by side', '并排比较'],
  comparedSame: ['The same bytes.', '字节完全相同。'],
  comparedDiffer: ['{n} bytes differ; {left} and {right} bytes long.', '{n} 个字节不同；长度分别为 {left} 和 {right} 字节。'],
  comparedTime: ['{time} between the two', '两条相隔 {time}'],
  columnTime: ['Time', '时间'],
  columnLength: ['Bytes', '字节'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(messageWords);
