// The words of the first visit.

import { addWords } from './table';

export const welcomeWords = {
  welcome: ['Talk to your board', '与开发板通讯'],
  welcomeSaved: ['From your workspace', '来自你的工作区'],
  welcomeOpen: ['Open a server on port {port}', '打开端口 {port} 的服务器'],
  welcomeOpened: ['The server is open on port {port}.', '服务器已在端口 {port} 打开。'],
  welcomeRun: ['Run this line on your board', '在开发板上运行这一行'],
  welcomeSame: ['Board and computer must be in one network.', '开发板与电脑须在同一网段。'],
  welcomeSimulate: ['No board at hand?', '手边没有开发板？'],
  simulate: ['Start a simulated board', '启动模拟开发板'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(welcomeWords);
