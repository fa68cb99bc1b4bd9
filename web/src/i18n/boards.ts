// The words of the boards of a hub.

import { addWords } from './table';

export const boardWords = {
  boardsFilter: ['Filter: a name, SITE/, or KEY=VALUE of a label', '筛选：名称、站点/ 或标签 键=值'],
  boardsCount: ['Boards: {n}, {alive} of them alive', '{n} 块开发板，{alive} 块在线'],
  boardsPage: ['{from}–{to} of {n}', '第 {from}–{to} 块，共 {n} 块'],
  boardsBack: ['Previous', '上一页'],
  boardsNext: ['Next', '下一页'],
  boardsNone: ['No board is enrolled yet. Make a code for one:', '还没有注册的开发板。先生成注册码：'],
  boardsThen: ['and on the board:', '然后在开发板上运行：'],
  boardsNoMatch: ['No board matches.', '没有符合的开发板。'],
  boardsAll: ['All that are shown', '选择显示的全部'],
  boardAlive: ['alive', '在线'],
  boardAway: ['away', '离线'],
  boardNever: ['never seen', '从未出现'],
  boardRevoked: ['revoked', '已吊销'],
  boardSuspended: ['sent too much, not let in', '发送过多，暂停连接'],
  boardSince: ['since {time}', '自 {time}'],
  boardBehind: ['events behind: {n}', '落后 {n} 个事件'],
  boardClock: ['clock {s} s', '时钟偏差 {s} 秒'],
  boardSilent: ['takes no sending (--hub-send)', '不接受发送（--hub-send）'],
  boardPeers: ['peers: {n}', '{n} 个对象'],
  boardOpen: ['Show what {name} does', '查看 {name} 的数据'],
  boardsLog: ['Show the log of {n}', '查看 {n} 块的记录'],
  boardsSince: ['from', '起自'],
  sinceNow: ['now on', '现在'],
  sinceMinutes: ['10 minutes ago', '10 分钟前'],
  sinceHour: ['an hour ago', '1 小时前'],
  sinceDay: ['a day ago', '1 天前'],
  boardsSend: ['Send by {n} boards', '由 {n} 块开发板发送'],
  boardsSending: ['Waiting for their answers…', '正在等待应答…'],
  boardsInput: ['What the boards send to who is connected to them', '开发板发送给其连接对象的内容'],
  boardsHex: ['Hex', '十六进制'],
  resultDelivered: ['delivered to {n}', '已送达 {n} 个对象'],
  resultRefused: ['refused', '被拒绝'],
  resultAway: ['away', '离线'],
  resultExpired: ['too late', '已超时'],
  boardsSummary: ['{n} of {all} delivered', '{all} 块中 {n} 块已送达'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(boardWords);
