// The words of the form for a request, at the send box.

import { addWords } from './table';

export const requestFormWords = {
  requestForm: ['Fill in a request', '填写请求'],
  requestProtocol: ['Protocol', '协议'],
  requestOptional: ['may be left empty', '可留空'],
  requestBytes: ['{n} B:', '{n} 字节：'],
  requestPut: ['Put into the box', '填入发送框'],
  requestSend: ['Send', '发送'],
  requestClose: ['Close the form', '关闭表单'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(requestFormWords);
