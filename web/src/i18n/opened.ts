// The words of recordings that are opened to be looked at, and of files that are dropped.

import { addWords } from './table';

export const openedWords = {
  openedTitle: ['Open a recording', '打开记录'],
  openedHint: ['A recording of Sockeye, or a capture of tcpdump or Wireshark (pcap, pcapng, also .gz and .zst). Its sessions are shown as closed ones, with search, filter, fields, charts and export.', 'Sockeye 的记录，或 tcpdump、Wireshark 的抓包文件（pcap、pcapng，也可为 .gz、.zst）。其中的会话显示为已关闭的会话，可搜索、过滤、看字段与曲线、导出。'],
  openedChoose: ['Choose a file', '选择文件'],
  openedNone: ['There is no recording in {path} yet.', '{path} 中还没有记录。'],
  openedIn: ['In {path}', '{path} 中的记录'],
  openedUploading: ['{done} of {all} given to the workbench', '已交给工作台 {done} / {all}'],
  openedReading: ['Reading…', '正在读取…'],
  openedDone: ['Opened {name}: {n} events.', '已打开 {name}：{n} 个事件。'],
  openedLeftOut: ['{n} smaller sessions are left out.', '省略了 {n} 个较小的会话。'],
  openedDamages: ['{n} places could not be read.', '有 {n} 处无法读取。'],
  openedCut: ['Only the first 1 GiB is shown.', '只显示前 1 GiB。'],
  dropTitle: ['Drop the file here', '在此放下文件'],
  dropLook: ['to look at it: a recording or capture', '打开查看：记录或抓包文件'],
  dropSend: ['to send it to {to}', '发送给 {to}'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(openedWords);
