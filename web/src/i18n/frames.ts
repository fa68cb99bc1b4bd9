// The words of frames: how streams are cut, and what is said of a piece.

export const frameWords = {
  cutting: ['Cutting into frames… {percent} %', '正在分帧… {percent}%'],
  cutFromMiddle: [
    'What came before event {n} has left the memory: a stream that is older is cut from its middle. Record to keep everything.',
    '第 {n} 个事件之前的数据已移出内存：更早开始的数据流从中间开始分帧。开启记录可保留全部数据。',
  ],
  openLeftOut: ['{n} more streams have an unfinished frame.', '另有 {n} 个数据流存在未完成的帧。'],
  cutHere: ['another read begins here', '此处为另一次接收的开头'],
  framesLeftOut: ['… {n} more frames end here; narrow the filter', '… 此处还有 {n} 帧，可缩小过滤范围'],
  tagRight: ['right', '正确'],
  tagRightHint: ['The checksum is right.', '校验正确。'],
  tagWrong: ['wrong', '校验错误'],
  tagWrongHint: ['The checksum is wrong.', '校验错误。'],
  tagGarbage: ['no frame', '不是帧'],
  tagGarbageHint: ['No frame: bytes in which none begins, or one that breaks its own rules.', '不是帧：其中没有帧头，或内容不合规则。'],
  tagOversize: ['too long', '超长'],
  tagOversizeHint: ['A piece of something longer than a frame may be.', '超过最大帧长的数据的一部分。'],
  tagIncomplete: ['incomplete', '不完整'],
  tagIncompleteHint: ['The stream ended in the middle of this frame.', '数据流在该帧中间结束。'],
  tagOpen: ['unfinished', '未完成'],
  tagOpenHint: ['No frame yet: its end has not come.', '尚未成帧：帧的结尾还未到达。'],
} as const;
