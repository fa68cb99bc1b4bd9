// The words of comments and bookmarks.

import { addWords } from './table';

export const commentWords = {
  commentWrite: ['Comment…', '写注释…'],
  commentText: ['Comment on this row', '此行的注释'],
  commentBookmark: ['Bookmark', '加书签'],
  commentRemove: ['Remove the comment', '删除注释'],
  commentNone: ['No row has a comment. In the log, C writes one and B sets a bookmark; so does the menu of a row.', '还没有注释。在数据区按 C 写注释、按 B 加书签，也可用行的菜单。'],
  commentOnly: ['Only rows with comments', '只显示有注释的行'],
  commentEvent: ['event', '事件'],
  commentRecorded: ['Kept in the recording.', '注释已写入记录。'],
  commentInMemory: ['Kept in memory, as long as the row: record to keep it.', '注释与该行一同保留在内存中，开启记录可长期保存。'],
  commentNext: ['Next comment', '下一条注释'],
  commentPrevious: ['Previous comment', '上一条注释'],
  commentGo: ['Go to the row', '跳到该行'],
  commentEdit: ['Change the comment', '修改注释'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(commentWords);
