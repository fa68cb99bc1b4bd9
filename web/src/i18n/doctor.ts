// The words of the doctor's panel.

import { addWords } from './table';

export const doctorWords = {
  doctorTitle: ['Why does it not work?', '为什么不通？'],
  doctorWhy: ['Why?', '为什么？'],
  doctorWhyHint: ['Look for the reason: at most {n} seconds, and only the address asked for is sent to', '查找原因：最多 {n} 秒，只向所问的地址发送'],
  doctorLooking: ['Looking … {n} s left at most', '正在检查……最多还需 {n} 秒'],
  doctorAgain: ['Look again', '重新检查'],
  doctorNext: ['What to do', '下一步'],
  doctorWay: ['The way from this machine', '从本机出发的通路'],
  doctorBroken: ['broken here', '断在这里'],
  doctorChecks: ['What was checked', '检查项'],
  doctorEvidence: ["The system's own words and numbers", '系统给出的原文和数字'],
  doctorOk: ['ok', '正常'],
  doctorWrong: ['wrong', '有问题'],
  doctorUnknown: ['cannot tell', '无法判断'],
  doctorOther: ['The other machine', '对方机器'],
  doctorAskThere: ['The other machine knows more.', '对方机器知道得更多。'],
  doctorOtherHint: ['Half of what can be known is there. Run this on it, and paste the code that it prints:', '一半的信息在对方机器上。请在那里运行下面的命令，再把它输出的代码粘贴到这里：'],
  doctorCode: ['Code of the other machine', '对方机器的代码'],
  doctorTogether: ['Look with both', '合并检查'],
  doctorOwnCode: ['Code of this machine', '本机的代码'],
  doctorOwnCodeHint: ['Paste it into the page on the other machine', '粘贴到另一台机器的页面中'],
  doctorShare: ['Save the report', '保存报告'],
  doctorShareHint: ['One file for a forum or a teacher', '一个文件，便于向论坛或老师求助'],
  doctorShorten: ['shorten addresses of the Internet and of hardware', '缩短公网地址和硬件地址'],
  doctorAsk: ['also ask what a silent server speaks', '同时询问不说话的服务器使用什么协议'],
  doctorAskHint: ['Sends it a TLS hello and a line of HTTP', '向它发送 TLS 握手和一行 HTTP'],
  doctorSilentNobody: ['Nobody has come yet.', '还没有对象连接。'],
  doctorSilentNothing: ['Nothing has come yet.', '还没有收到数据。'],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

addWords(doctorWords);
