// The words of the menu of rows.

import { addWords } from './table';

export const rowWords = {
  rowMenu: ['What to do with the rows', '对所选行的操作'],
  rowsBetween: ['{n} rows, {time} between the first and the last', '{n} 行，首尾相隔 {time}'],
  copyText: ['Copy as text', '复制为文本'],
  copyHex: ['Copy as hex', '复制为十六进制'],
  copyC: ['Copy as C array', '复制为 C 数组'],
  copyPython: ['Copy as Python bytes', '复制为 Python bytes'],
  copyCurl: ['Copy as curl line', '复制为 curl 命令'],
  copyNc: ['Copy as nc line', '复制为 nc 命令'],
  rowSendAgain: ['Send again', '再次发送'],
  rowIntoBox: ['Into the send box', '放入发送框'],
  rowKeep: ['Keep as message…', '保存为常用消息…'],
  rowKept: ['Kept as {name}.', '已保存为 {name}。'],
  rowRule: ['Answer it by a rule…', '为它建立自动应答…'],
  rowFilterText: ['Only rows with this text', '只显示包含此文本的行'],
  rowFilterPeer: ['Only this peer', '只显示此对象'],
  rowFields: ['Read values from it…', '从中读取数值…'],
  rowHighlight: ['Highlight such rows', '高亮此类行'],
  rowCompare: ['Compare the two', '比较这两行'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(rowWords);
