// The words of a page that is shared read-only.

import { addWords } from './table';

export const shareWords = {
  secondPage: ['Open one more page', '再打开一个页面'],
  shareOpen: ['Share read-only…', '只读分享…'],
  shareWatched: ['Shared read-only; watching: {n}', '正在只读分享，观看者：{n}'],
  shareTitle: ['Share this page read-only', '以只读方式分享本页面'],
  shareHint: [
    'Whoever has the link sees sessions, peers and messages as you do, and can send, change and open nothing.',
    '拥有链接的人能看到会话、连接对象和消息，但不能发送、修改或打开任何内容。',
  ],
  shareFor: ['For', '时长'],
  shareHours: ['{n} hours', '{n} 小时'],
  shareHour: ['1 hour', '1 小时'],
  shareDays: ['7 days', '7 天'],
  shareBegin: ['Begin sharing', '开始分享'],
  shareStop: ['Stop sharing', '停止分享'],
  shareLink: ['The link', '链接'],
  shareCopy: ['Copy the link', '复制链接'],
  shareCopied: ['The link is copied.', '链接已复制。'],
  shareCode: ['The link as a QR code', '链接的二维码'],
  shareUntil: ['Until {time}; it is good no more once you stop.', '有效期至 {time}；停止分享后链接立即失效。'],
  shareLocal: [
    'Only this computer reaches the page. For others start sockeye ui with --bind, --cert, --key and --password-file.',
    '只有本机能访问本页面。要让其他设备访问，请用 --bind、--cert、--key 和 --password-file 启动 sockeye ui。',
  ],
  shareNobody: ['Nobody is watching.', '目前无人观看。'],
  shareViewers: ['Watching now', '正在观看'],
  shareSince: ['since {time}', '自 {time} 起'],
  viewing: ['Read-only', '只读'],
  viewingText: ['This page is shared with you to look at. Only whoever shares it can send, change or open something.', '此页面仅供观看，只有分享者能发送、修改或打开内容。'],
  viewEndedTitle: ['Nothing is shared here now', '此处没有正在分享的页面'],
  viewEndedText: ['The link that this page came by lets in no more. Ask whoever shared the page for a new one.', '打开本页面的链接已失效，请向分享者索取新的链接。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(shareWords);
