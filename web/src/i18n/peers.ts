// The words of the list of peers.

import { addWords } from './table';

export const peerWords = {
  peerOrder: ['Sort', '排序'],
  orderJoined: ['as they joined', '按加入顺序'],
  orderName: ['by name', '按名称'],
  orderAddress: ['by address', '按地址'],
  orderLast: ['by last message', '按最近消息'],
  orderBytes: ['by bytes', '按字节数'],
  peerGroups: ['Group', '分组'],
  groupNone: ['no groups', '不分组'],
  groupHost: ['by address', '按地址'],
  groupLabel: ['by label', '按标签'],
  groupNoLabel: ['without a label', '无标签'],
  peersAsTable: ['Table', '表格'],
  peersAsTableHint: ['One line for each peer', '每个对象一行'],
  sendToShown: ['Send to these {n}', '发送给这 {n} 个'],
  sendToShownHint: ['Choose the peers that the list shows as recipients', '把列表中显示的对象选为接收方'],
  stateConnected: ['connected', '已连接'],
  stateNotReading: ['not reading', '停止读取'],
  unreadHint: ['{n} messages that nobody has looked at', '{n} 条未查看的消息'],
  lastMessage: ['Last message, {time}', '最近消息，{time}'],
  noLast: ['no message yet', '尚无消息'],
  leftFold: ['Left ({n})', '已离开（{n}）'],
  leftShow: ['Show only what {name} said', '只显示 {name} 的数据'],
  columnState: ['State', '状态'],
  columnLast: ['Last', '最近'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(peerWords);
