// The words of the program for the other side of a session.

import { addWords } from './table';

export const codeWords = {
  codeOpen: ['Program for the board…', '生成开发板程序…'],
  codeTitle: ['Program for the other side', '对端程序'],
  codeHint: [
    'It connects to this session, says hello, finds messages as the session does, and connects again when the connection is lost.',
    '它连接到本会话、发送问候、按会话的分帧方式收发，断线后自动重连。',
  ],
  codeFor: ['Language', '语言'],
  codeComments: ['Comments', '注释'],
  codeHost: ['This machine, as the board calls it', '开发板访问本机的地址'],
  codeSave: ['Save {file}', '保存 {file}'],
  codeCopied: ['The program is copied.', '程序已复制。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(codeWords);
