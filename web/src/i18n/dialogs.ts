// The words of the help, of the way in, and of the question before a session ends.

import { addWords } from './table';

export const dialogWords = {
  removeTitle: ['End {name}?', '结束 {name}？'],
  removePeers: ['It is open, and {n} peers are connected. Without its tab the session ends and they are disconnected.', '该会话正在运行，有 {n} 个连接对象。移除标签页会结束会话并断开它们。'],
  removeOne: ['It is open, and {name} is connected. Without its tab the session ends and it is disconnected.', '该会话正在运行，{name} 仍在连接。移除标签页会结束会话并断开连接。'],
  removeEnd: ['End the session', '结束会话'],
  removeKeep: ['Keep it', '保留'],
  restartedTitle: ['The workbench was started again', '工作台已重新启动'],
  restartedText: [
    'Its earlier sessions are closed. Type this in a terminal on that computer and open the address that it prints in this tab: the page goes on with the new workbench, and what you filled in is kept.',
    '之前的会话都已关闭。请在那台电脑的终端中输入下面的命令，并在此标签页中打开它显示的地址：页面会继续使用新的工作台，已填写的内容会保留。',
  ],
  lockedTitle: ['This page needs its key', '本页面需要密钥'],
  lockedText: [
    'Only the person who started Sockeye may open it. Type this in a terminal on that computer; it opens a page with a fresh key:',
    '只有启动 Sockeye 的人才能打开本页面。请在那台电脑的终端中输入下面的命令，它会用新的密钥打开页面：',
  ],
  password: ['Or the password of this workbench, if it has one', '或输入本工作台的密码（如已设置）'],
  enter: ['Enter', '进入'],
  keySend: ['send', '发送'],
  keyHistory: ['earlier and later messages, in the send box', '发送框中：上一条、下一条历史'],
  keyFindHistory: ['search what was sent, in the send box', '发送框中：搜索发送历史'],
  keySearch: ['search', '搜索'],
  keyFollow: ['follow the newest, in the log', '数据区中：跟随最新'],
  keyMove: ['move through the log', '在数据区中移动'],
  keySelect: ['select several rows', '选择多行'],
  keyCopy: ['copy the selected rows', '复制所选行'],
  keyAreas: ['next area', '下一个区域'],
  keyMoveRow: ['move a row of a list', '列表中：移动一行'],
  keyRemove: ['remove the tab that has the focus', '移除当前标签页'],
  keyHelp: ['this help', '本帮助'],
  keyEscape: ['leave a search, a menu, this help', '退出搜索、菜单或帮助'],
  keyPalette: ['all actions', '全部操作'],
  keyRowMenu: ['menu of the chosen rows', '所选行的菜单'],
  keyComment: ['comment on the current row, or set a bookmark, in the log', '数据区中：给当前行写注释，或加书签'],
  keyComments: ['previous or next comment, in the log', '数据区中：上一条或下一条注释'],
  keyUnfold: ['fold or unfold one send to many, in the log', '数据区中：展开或收起一次多发'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(dialogWords);
