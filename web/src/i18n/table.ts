// Every word the page says, in English and in Chinese. One idea, one entry. The words of
// panels that come when they are first looked at come with them.

import type { doctorWords } from './doctor';
import { eventWords } from './events';
import type { boardWords } from './boards';
import type { chipWords } from './chips';
import type { dashboardWords } from './dashboard';
import type { codeWords } from './code';
import type { commentWords } from './comments';
import type { dialogWords } from './dialogs';
import type { decodeWords } from './decode';
import type { explainWords } from './explain';
import type { fieldWords } from './fields';
import type { fileWords } from './files';
import { frameWords } from './frames';
import type { framingWords } from './framing';
import type { highlightWords } from './highlights';
import type { listWords } from './lists';
import type { logEndWords } from './logEnd';
import type { messageWords } from './message';
import type { tcpWords } from './tcp';
import type { tlsWords } from './tls';
import { networkWords } from './network';
import type { offerWords } from './offers';
import type { openedWords } from './opened';
import type { paletteWords } from './palette';
import type { panelWords } from './panels';
import type { peerOptionWords } from './peerOptions';
import type { peerWords } from './peers';
import type { relayWords } from './relay';
import type { requestFormWords } from './requestForm';
import type { rowWords } from './rows';
import type { ruleWords } from './rules';
import type { savingWords } from './saving';
import type { sendWords } from './send';
import type { shareWords } from './share';
import type { welcomeWords } from './welcome';
import type { workspaceWords } from './workspace';

type Words = Record<string, readonly [en: string, zh: string]>;

const first = {
  ...eventWords,
  ...frameWords,
  ...networkWords,

  // the four directions of a relay
  relay: ['Relay', '转发'],
  fromPeers: ['← from peers', '← 来自连接对象'],
  toUpstream: ['⇒ to the upstream', '⇒ 发往上游'],
  fromUpstream: ['⇐ from the upstream', '⇐ 来自上游'],
  faults: ['Faults', '故障'],
  upstreamIs: ['the upstream is {address}', '上游为 {address}'],
  toPeers: ['→ to peers', '→ 发往连接对象'],

  // the frame
  tabs: ['Sessions', '会话'],
  newTab: ['New session', '新建会话'],
  removeTab: ['Remove {name}', '移除 {name}'],
  language: ['中文', 'English'],
  switchLanguage: ['切换到中文', 'Switch to English'],
  theme: ['Light or dark', '浅色或深色'],
  themeAuto: ['As the system', '跟随系统'],
  themeLight: ['Light', '浅色'],
  themeDark: ['Dark', '深色'],
  help: ['Keys and help', '快捷键与帮助'],
  settings: ['Settings', '设置'],
  fields: ['Fields', '字段'],
  lists: ['Lists', '列表'],
  rules: ['Rules', '自动应答'],
  comments: ['Comments', '注释'],
  workspace: ['Workspace', '工作区'],
  panel: ['Peers and messages', '连接对象与消息'],
  close: ['Close', '关闭'],
  skip: ['Skip to the send box', '跳到发送框'],

  // network settings
  network: ['Network settings', '网络设置'],
  protocol: ['Protocol', '协议类型'],
  protocolServer: ['{name} Server', '{name} Server（服务器）'],
  protocolClient: ['{name} Client', '{name} Client（客户端）'],
  pathListen: ['{name}, listen', '{name}，监听'],
  pathConnect: ['{name}, connect', '{name}，连接'],
  path: ['Path', '路径'],
  processNamed: ['{program}, {process}', '{program}，{process}'],
  processAny: ['a process', '进程'],
  processNumber: ['process {n}', '进程 {n}'],
  processUser: ['{process} of {user}', '{process}（用户 {user}）'],
  localAddress: ['Local address', '本地 IP 地址'],
  localPort: ['Local port', '本地端口号'],
  allAddresses: ['All addresses', '全部地址'],
  joinedGroup: ['{group} (multicast group, joined)', '{group}（已加入的组播组）'],
  anyAddress: ['Chosen by the system', '由系统选择'],
  anyPort: ['any', '任意'],
  remoteAddress: ['Remote address', '远程地址'],
  remotePort: ['Remote port', '远程端口号'],
  remoteOptional: ['optional', '可不填'],
  portHint: ['0 to 65535', '0 到 65535'],
  echo: ['Echo what is received', '回传收到的数据'],
  reconnect: ['Reconnect when the connection ends', '断开后自动重连'],
  listenOpen: ['Open', '打开'],
  connectOpen: ['Connect', '连接'],
  shut: ['Disconnect', '断开'],
  opening: ['Opening…', '正在打开…'],
  connecting: ['Connecting…', '正在连接…'],
  stateOpen: ['open', '已打开'],
  stateClosed: ['closed', '已关闭'],
  stateConnecting: ['connecting', '正在连接'],
  board: ['simulated board', '模拟开发板'],

  // receive settings
  receive: ['Receive settings', '接收设置'],
  toFile: ['Receive to file', '接收转向文件'],
  toFileHint: ['Records everything, both ways, as pcapng.', '双向数据全部记录为 pcapng 文件。'],
  toFileRawHint: ['Writes the bytes this session receives, and nothing else, of the peer chosen above the log or of all.', '只写入本会话接收的原始字节：日志上方所选对象的，或全部对象的。'],
  fileAs: ['What to write', '写入内容'],
  fileAsPcapng: ['recording', '完整记录'],
  fileAsRaw: ['raw bytes', '原始字节'],
  recordingOn: ['Recording', '正在记录'],
  recordingPaused: ['Recording is paused.', '记录已暂停。'],
  recordingLost: ['{n} events are missing in the file.', '文件中缺少 {n} 个事件。'],
  showTime: ['Show time', '显示接收时间'],
  stamp: ['Time as', '时间格式'],
  stampMs: ['ms', '毫秒'],
  stampUs: ['µs', '微秒'],
  stampDelta: ['difference', '间隔'],
  lookLabel: ['Show data as', '数据显示为'],
  lookText: ['Text', '文本'],
  lookHex: ['Hex', '十六进制'],
  lookBoth: ['Both', '对照'],
  charset: ['Charset', '编码'],
  charsetAuto: ['auto', '自动'],
  charsetChosen: ['auto ({name})', '自动（{name}）'],
  wrap: ['Wrap long messages', '自动换行'],
  pause: ['Pause display', '暂停接收显示'],
  save: ['Save data', '保存数据'],
  clear: ['Clear display', '清除显示'],
  openRecording: ['Open a recording…', '打开记录…'],
  openIt: ['Open…', '打开…'],
  cleared: ['Display cleared; the record stays.', '显示已清除，记录仍保留。'],

  // send settings
  send: ['Send settings', '发送设置'],
  checksum: ['Append checksum', '自动发送附加位'],

  // the log
  log: ['Received and sent data', '网络数据收发'],
  filter: ['Filter', '过滤'],
  filterPeer: ['Peer', '连接对象'],
  peersLeft: ['Have left', '已离开'],
  everyPeer: ['All peers', '全部对象'],
  filterDirection: ['Direction', '方向'],
  bothWays: ['Both ways', '双向'],
  onlyReceived: ['Received', '接收'],
  onlySent: ['Sent', '发送'],
  filterText: ['Only with this text', '只显示包含此文本的'],
  search: ['Search', '搜索'],
  searchHint: ['Text, or hex as 0x 41 42', '文本，或十六进制 0x 41 42'],
  searchHex: ['What is typed is hex', '按十六进制搜索'],
  searchRegexp: ['What is typed is a regular expression', '按正则表达式搜索'],
  foundNumber: ['{n} of {all}', '第 {n} 个，共 {all}'],
  foundAll: ['{all} found', '找到 {all} 个'],
  highlightSeen: ['Received: {text}', '收到：{text}'],
  rowActions: ['What to do with the chosen rows', '对所选行的操作'],
  searchNext: ['Next', '下一个'],
  searchPrevious: ['Previous', '上一个'],
  notFound: ['Not found.', '未找到。'],
  copy: ['Copy', '复制'],
  copied: ['Copied {n} rows.', '已复制 {n} 行。'],
  cannotCopy: ['The browser does not let this page copy.', '浏览器不允许本页面复制。'],
  emptyClosed: ['Open a session: what is received and sent is shown here.', '打开会话后，收发的数据显示在这里。'],
  emptyWaiting: ['Waiting: what arrives is shown here.', '等待中：收到的数据显示在这里。'],
  emptyFilter: ['Nothing matches the filter.', '没有符合过滤条件的数据。'],
  place: ['Place in the record', '在记录中的位置'],
  wayReceived: ['received', '接收'],
  waySent: ['sent', '发送'],
  toMany: ['{n} peers', '{n} 个对象'],
  toManyHint: ['One send to several peers; click to see each', '一次发送给多个对象，点击展开'],
  moreBytes: ['… {n} bytes in all: open the message', '… 共 {n} 字节，打开消息查看全部'],
  truncated: ['cut: the datagram had {n} bytes', '已截断：原数据报为 {n} 字节'],

  eventOpened: ['opened {address}', '已打开 {address}'],

  // peers and messages
  boards: ['Boards', '开发板'],
  peers: ['Peers', '连接对象'],
  local: ['Local', '本地'],
  remote: ['Remote', '远程'],
  received: ['Received', '接收'],
  sent: ['Sent', '发送'],
  messages: ['{n} messages', '{n} 条'],
  messageOne: ['1 message', '1 条'],
  message: ['Message', '消息'],

  // sending
  targetNone: ['No one chosen', '未选择对象'],
  input: ['Data to send', '发送内容'],
  inputText: ['Type what to send', '在此输入发送的内容'],
  inputHex: ['Type hex: 01 03 00 00, or 0x01,0x03', '输入十六进制：01 03 00 00 或 0x01,0x03'],
  sendNow: ['Send', '发送'],
  sendStop: ['Stop', '停止'],
  sendCancel: ['Cancel', '取消'],
  repeating: ['{n} times, every {ms} ms', '每 {ms} 毫秒，已发 {n} 次'],
  willSend: ['{n} bytes', '{n} 字节'],
  sentTo: ['Sent {n} bytes.', '已发送 {n} 字节。'],
  sentToMany: ['Sent {n} bytes to {peers} peers.', '已向 {peers} 个对象各发送 {n} 字节。'],
  notOpen: ['Open a session first.', '请先打开会话。'],
  nobody: ['No one is connected yet.', '还没有对象连接。'],

  // status
  ready: ['Ready', '就绪！'],
  statusSent: ['Sent', '发送'],
  statusReceived: ['Received', '接收'],
  reset: ['Reset counters', '复位计数'],
  lost: ['The core does not answer; trying again…', '核心无应答，正在重试…'],
  coreGone: ['the workbench does not answer', '工作台没有应答'],
  coreGoneHint: ['is the program still running? this page goes on when it is back', '程序是否仍在运行？恢复后本页面会自动继续'],
  ended: ['The workbench has ended.', '工作台已结束。'],
  endedHint: ['Its connections are closed. Start it again with sockeye ui, and open the address that it prints here or in a new tab.', '所有连接都已关闭。请重新运行 sockeye ui，并在此处或新标签页中打开它显示的地址。'],
  endedTitle: ['ended', '已结束'],
  lostTitle: ['no answer', '无应答'],
  dismiss: ['Dismiss', '知道了'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

/** The words of panels that come later. */
type LaterWords =
  typeof chipWords
  & typeof dashboardWords
  & typeof boardWords
  & typeof codeWords
  & typeof commentWords
  & typeof dialogWords
  & typeof doctorWords
  & typeof decodeWords
  & typeof explainWords
  & typeof fieldWords
  & typeof fileWords
  & typeof framingWords
  & typeof highlightWords
  & typeof listWords
  & typeof logEndWords
  & typeof messageWords
  & typeof offerWords
  & typeof openedWords
  & typeof paletteWords
  & typeof panelWords
  & typeof peerOptionWords
  & typeof peerWords
  & typeof relayWords
  & typeof requestFormWords
  & typeof rowWords
  & typeof ruleWords
  & typeof savingWords
  & typeof sendWords
  & typeof shareWords
  & typeof tcpWords
  & typeof tlsWords
  & typeof welcomeWords
  & typeof workspaceWords;

export type Word = keyof typeof first | keyof LaterWords;

/** What has come so far. */
export const table: Words = { ...first };

/** Adds the words of a panel. */
export const addWords = (more: Words): void => void Object.assign(table, more);
