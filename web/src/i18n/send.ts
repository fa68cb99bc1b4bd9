// The words of what is sent: how it is written, to whom, and what is kept.

import { addWords } from './table';

export const sendWords = {
  sendHex: ['Send as hex', '按十六进制发送'],
  escapes: ['Escapes such as \\r\\n \\x1b', '解析转义符，如 \\r\\n \\x1b'],
  sendCharset: ['Charset', '编码'],
  prefix: ['Prefix', '前缀'],
  suffix: ['Suffix', '后缀'],
  aroundHint: ['Text with escapes and fields, also around hex. Order: prefix, message, checksum (of the message alone), suffix, line end', '带转义与字段的文本，十六进制数据也适用。顺序：前缀、数据、校验（只算数据）、后缀、行尾'],
  lineEnding: ['Append', '行尾附加'],
  endingNone: ['no line ending', '不附加'],
  endingLf: ['LF  \\n', 'LF  \\n'],
  endingCrlf: ['CR LF  \\r\\n', 'CR LF  \\r\\n'],
  endingCr: ['CR  \\r', 'CR  \\r'],
  checksumName: ['Checksum', '校验算法'],
  checksumFrom: ['from byte', '起始字节'],
  checksumTo: ['to byte', '结束字节'],
  checksumToHint: ['0 is the end; negative counts from there', '0 表示末尾，负数从末尾倒数'],
  checksumOrder: ['byte order', '字节序'],
  orderOwn: ["the checksum's own", '算法默认'],
  clearAfter: ['Clear after sending', '发送完自动清空'],
  fromFile: ['Send from a file…', '启用文件数据源…'],
  repeat: ['Send repeatedly', '数据流循环发送'],
  interval: ['Interval', '发送间隔'],
  milliseconds: ['ms', '毫秒'],
  loadFile: ['Load file', '文件载入'],
  clearInput: ['Clear input', '清除输入'],
  target: ['Send to', '连接对象'],
  targetAll: ['All connections ({n})', '全部连接（{n}）'],
  targetSome: ['{n} of {all} peers', '{all} 个中的 {n} 个'],
  targetMany: ['Choose several, or one', '可选一个或多个'],
  targetsHidden: ['{n} more: choose them in the list of peers.', '还有 {n} 个：请在连接对象列表中选择。'],
  savedMessages: ['Saved messages', '常用消息'],
  saveMessage: ['Save this message', '保存此消息'],
  messageName: ['Name', '名称'],
  removeMessage: ['Remove {name}', '移除 {name}'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(sendWords);
