// The words of what a UDP session may do.

export const networkWords = {
  broadcast: ['Allow broadcast', '允许广播'],
  broadcastTitle: ['Lets a broadcast address such as 255.255.255.255 be the remote address', '允许把 255.255.255.255 这样的广播地址作为远程地址'],
  broadcastAllow: ['Allow broadcast and open again', '允许广播并重新打开'],
  broadcastHint: ['If everybody is meant, disconnect, tick “Allow broadcast”, and open again.', '如果确实要发给所有人，请先断开，勾选“允许广播”，再重新打开。'],

  selective: ['Choose who may connect', '限制连接对象'],
  selectiveHint: ['IP addresses and ranges such as 192.168.1.0/24, between commas. “Only” empty is everybody; “not” goes before “only”.', 'IP 地址或网段（如 192.168.1.0/24），用逗号分隔。“仅允许”留空表示不限；“拒绝”优先于“仅允许”。'],
  allowPeers: ['only', '仅允许'],
  denyPeers: ['not', '拒绝'],
  peersWere: ['As it was when the workbench was last heard.', '以下为工作台最后一次应答时的状态。'],

  portOfMachine: ['Port of this machine', '本机端口'],
  refreshPorts: ['Look for ports again', '重新查找端口'],
  moreOptions: ['More options', '更多选项'],
  optionDefault: ['default: {value}', '默认：{value}'],
  optionOn: ['on', '开启'],
  optionOff: ['off', '关闭'],
  optionNone: ['none', '无'],
  optionBytes: ['bytes', '字节'],

  keepHalfOpen: ['Keep peers that finished sending', '保留已结束发送的对象'],
  keepHalfOpenHint: ['Half-open: a peer that has ended its direction (FIN) may still be sent to for so long. Otherwise it leaves when it has got what is queued for it.', '半关闭：对方结束发送（FIN）后，仍可在此时间内向它发送；否则待发数据送达后它就离开。'],
  keepHalfOpenFor: ['for', '保留'],
  seconds: ['s', '秒'],
  halfOpen: ['half-open', '半关闭'],
  weFinished: ['finished here', '本方已结束'],
  colon: [': ', '：'],
  spanSeconds: ['{n} s', '{n} 秒'],
  targetBack: ['reconnected as {port}', '已重连为 {port}'],
  targetLeft: ['{name} (has left)', '{name}（已离开）'],
  recipientLeft: ['The chosen peer has left; it is chosen again when it comes back.', '所选对象已离开，重新连接后会自动选中。'],

  // Serial ports
  lineOn: ['on', '有效'],
  lineOff: ['off', '无效'],
  breakSent: ['break sent', '已发送 break'],
  breakReceived: ['break received', '收到 break'],

  // UDP has no connections
  udpNobody: ['Nobody to send to yet: set a remote address, or wait for a datagram.', '还没有发送目标：请填写远程地址，或等待数据报。'],
  udpTargetAll: ['All peers ({n})', '全部对象（{n}）'],
  datagramNone: ['No datagram has come yet.', '尚未收到数据报。'],
  udpRemove: ['It is open, and {n} addresses are known. Without its tab the session ends.', '该会话正在运行，已知 {n} 个对象。移除标签页会结束会话。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;
