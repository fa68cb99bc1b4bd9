// The words of the menu that says how streams are cut into frames.

import { addWords } from './table';

export const framingWords = {
  framing: ['Framing', '分帧'],
  frameNone: ['none', '不分帧'],
  frameLine: ['lines', '按行'],
  frameDelim: ['delimiter', '分隔符'],
  frameFixed: ['fixed length', '固定长度'],
  frameLength: ['length prefix', '长度字段'],
  frameBetween: ['header and tail', '帧头与帧尾'],
  frameIdle: ['idle gap', '空闲间隔'],
  frameStx: ['STX / ETX', 'STX / ETX'],
  frameSlip: ['SLIP', 'SLIP'],
  frameCobs: ['COBS', 'COBS'],
  frameModbusRtu: ['Modbus RTU', 'Modbus RTU'],
  frameModbusTcp: ['Modbus TCP', 'Modbus TCP'],
  frameJson: ['JSON', 'JSON'],
  frameCustom: ['custom', '自定义'],
  frameSpec: ['as --frame takes it', '即 --frame 参数'],
  frameCheck: ['Checksum of a frame', '帧校验'],
  checkNone: ['not checked', '不校验'],
  checkSpec: ['as --check takes it', '即 --check 参数'],
  fieldDelim: ['ends with', '结尾字节'],
  fieldBytes: ['hex, or text in quotes: 0d0a, ";"', '十六进制，或带引号的文本：0d0a、";"'],
  fieldSize: ['bytes', '字节数'],
  fieldOffset: ['length field at', '长度字段偏移'],
  fieldLengthSize: ['its size', '长度字段字节数'],
  fieldOrder: ['byte order', '字节序'],
  fieldCounts: ['it counts', '长度含义'],
  countsRest: ['what follows it', '其后的字节'],
  countsAll: ['the whole frame', '整个帧'],
  fieldAdjust: ['add to it', '长度修正'],
  fieldHead: ['begins with', '帧头'],
  fieldTail: ['ends with', '帧尾'],
  fieldAfter: ['bytes after the tail', '帧尾之后的字节数'],
  fieldPause: ['pause', '间隔'],
  fieldPauseHint: ['20ms, 1.5ms, 2s', '20ms、1.5ms、2s'],
  fieldSizeHint: ['1 to 8, or varint: seven bits a byte, as in Protocol Buffers and MQTT', '1 到 8，或 varint：每字节七位，如 Protocol Buffers 和 MQTT'],
  fieldRest: ['pause that ends garbage', '结束无效数据的间隔'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(framingWords);
