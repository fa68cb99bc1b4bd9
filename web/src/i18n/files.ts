// The words of sending a file.

import { addWords } from './table';

export const fileWords = {
  chooseFile: ['Choose a file', '选择文件'],
  fileChunk: ['bytes at a time', '每次字节数'],
  fileChunkHint: ['0: as it suits the network', '0：由网络决定'],
  fileRate: ['bytes a second', '每秒字节数'],
  fileRateHint: ['0: as fast as they are taken', '0：对方能接收多快就多快'],
  fileLineDelay: ['ms between lines', '行间隔（毫秒）'],
  fileLineDelayHint: ['Sends line by line, and waits so long after each. 0: not by lines', '逐行发送，每行之后等待这么久。0：不按行发送'],
  fileUploading: ['{done} of {all} given to the workbench', '已交给工作台 {done} / {all}'],
  fileNone: ['Choose a file, or drop one here.', '请选择文件，或拖放到此处。'],
  fileProgress: ['{done} of {all}', '{done} / {all}'],
  fileDone: ['Sent {name}: {n} bytes.', '已发送 {name}：{n} 字节。'],
  fileCanceled: ['Ended after {n} bytes.', '已结束，已送达 {n} 字节。'],
  filePause: ['Pause', '暂停'],
  fileResume: ['Go on', '继续'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(fileWords);
