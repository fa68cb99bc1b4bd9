// The words of the chips over the send box, of its history, and of the fields it offers.

import { addWords } from './table';

export const chipWords = {
  chips: ['How it is sent', '发送方式'],
  chipHex: ['Hex', '十六进制'],
  chipNoChecksum: ['no checksum', '无校验'],
  chipChecksum: ['Checksum', '校验'],
  chipEnding: ['Line end', '行尾'],
  chipNoEnding: ['no line end', '无行尾'],
  chipRepeat: ['Repeat', '循环'],
  chipEvery: ['every, in ms', '间隔（毫秒）'],
  chipHistory: ['History', '历史'],
  chipForm: ['Request form', '请求表单'],
  looksHex: ['This looks like hex:', '这像是十六进制：'],
  looksHexDo: ['send it as hex', '按十六进制发送'],
  looksText: ['This looks like text:', '这像是文本：'],
  looksTextDo: ['send it as text', '按文本发送'],
  historyFind: ['Search what was sent', '搜索发送历史'],
  historyNone: ['Nothing that was sent has it.', '发送历史中没有。'],
  offerTitle: ['Fields', '字段'],
  offerSeq: ['number of the message', '消息序号'],
  offerTime: ['time', '时间'],
  offerUnix: ['seconds since 1970', '1970 年以来的秒数'],
  offerRand: ['random bytes', '随机字节'],
  offerNumber: ['random number', '随机数'],
  offerFill: ['one byte many times', '重复一个字节'],
  offerPeer: ['address of the peer', '对方 IP 地址'],
  offerPeerPort: ['port of the peer', '对方端口'],
  offerAlias: ['alias of the peer', '对方别名'],
  offerLocal: ['our address', '本地 IP 地址'],
  offerLen: ['bytes that follow', '其后的字节数'],
  offerPart: ['a part that len and checksums name', '可被长度与校验引用的部分'],
  offerCrc: ['checksum of what is before', '前面内容的校验'],
  offerHexText: ['bytes in hex', '十六进制字节'],
  offerVariable: ['variable of the workspace', '工作区变量'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(chipWords);
