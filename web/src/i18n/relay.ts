// The words of a relay: its form, its pairs, its faults and what is held.

import { addWords } from './table';

export const relayWords = {
  relayListens: ['Listens', '监听'],
  relayUpstream: ['Upstream', '上游'],
  relayKind: ['Kind of socket', '套接字类型'],
  relayShare: ['Connections to the upstream', '上游连接'],
  relayShareHint: ['A serial port can be opened once: let all peers share it.', '串口只能打开一次：可让全部对象共用。'],
  relayEach: ['each peer its own', '每个对象各一个'],
  relayOne: ['one for all, one peer writes', '全部共用，一个对象可写'],
  relayAll: ['one for all, all write', '全部共用，都可写'],
  relayRoutes: ['Other upstreams for some peers', '部分对象的其他上游'],
  relayRoutesHint: ['One a line: an address, then for whom: peer with an address or network, when with a pattern for what comes first.', '每行一个：地址，再写适用对象：peer 加地址或网段，when 加首个数据的匹配方式。'],
  pairedWith: ['Its connection to the upstream', '它与上游的连接'],
} as const;

addWords(relayWords);
