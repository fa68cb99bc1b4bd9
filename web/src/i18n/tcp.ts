// The words of the picture of what TCP does for a peer.

import { addWords } from './table';

export const tcpWords = {
  tcpPicture: ['What TCP does', 'TCP 正在做什么'],
  tcpPictureHint: ['Round trip, windows, queue and what is sent again, over time; kept with the recording while shown', '往返时间、窗口、队列和重传随时间的变化；显示期间随记录保存'],
  tcpOf: ['TCP of {name}', '{name} 的 TCP'],
  tcpInFlight: ['In flight', '在途'],
  tcpTheirWindow: ['Their window', '对方窗口'],
  tcpOurWindow: ['Our window', '本方窗口'],
  tcpQueue: ['Send queue', '发送队列'],
  tcpCongestion: ['Congestion window', '拥塞窗口'],
  tcpLowest: ['Lowest', '最小值'],
  tcpMessages: ['Messages: press one to see it in the log', '消息：点击可在日志中查看'],
  tcpGone: ['The peer has left; this was kept.', '对象已离开；以下为已保存的样本。'],
  tcpNobodyLooked: ['Nobody looked at it while it was there.', '它在线时没有人查看过。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(tcpWords);
