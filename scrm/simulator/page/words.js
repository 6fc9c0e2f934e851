// The page's words: Chinese first, English by the switch in the header.

const WORDS = {
  brand: ["模拟企业微信", "Simulated WeCom"], asCustomer: ["客户手机", "Customer"], asStaff: ["员工手机", "Staff"],
  console: ["打开 SCRM 控制台 ↗", "Open the console ↗"], panel: ["面板", "Controls"], backToPhone: ["手机", "Phone"], fromWechat: ["微信客户", "WeChat customer"], language: ["EN", "中文"],
  chats: ["微信", "Chats"], discover: ["发现", "Discover"], me: ["我", "Me"],
  messages: ["消息", "Messages"], assistant: ["群发助手", "Broadcasts"], clients: ["客户", "Customers"],
  search: ["搜索", "Search"], back: ["返回", "Back"], more: ["更多", "More"], cancel: ["取消", "Cancel"], ok: ["确定", "OK"], save: ["保存", "Save"],
  pickCustomer: ["选择一位客户", "Pick a customer"], pickCustomerHint: ["用谁的手机？搜索姓名，或新建一位还不认识任何人的客户。", "Whose phone? Search a name, or make somebody new."],
  pickStaff: ["选择一位员工", "Pick a staff member"], newPerson: ["新建客户", "Somebody new"], newPersonHint: ["微信昵称（可留空）", "WeChat name (may be empty)"],
  switchPerson: ["换一部手机", "Switch phone"], nobody: ["没有找到", "Nobody found"],
  friends: ["位员工好友", "staff friends"], noFriends: ["还没有添加任何员工", "no staff friends yet"], waiting: ["待发送", "to send"], customers: ["位客户", "customers"],
  emptyChats: ["还没有会话。扫一扫员工的二维码，加为好友。", "No chats yet. Scan a staff member's code to begin."],
  emptyClients: ["还没有客户", "No customers yet"], emptyTasks: ["没有群发任务。在 SCRM 里创建一次群发，它会出现在这里。", "No tasks. Create a broadcast in the product and it appears here."],
  scan: ["扫一扫", "Scan"], scanHint: ["对准二维码 · 点下面的码就等于扫它", "Tap a code below to scan it"],
  staffCodes: ["员工二维码", "Staff codes"], channelCodes: ["渠道活码（联系我）", "Channel codes"], groupCodes: ["加入群聊", "Group codes"], links: ["获客链接", "Acquisition links"],
  noCodes: ["SCRM 里还没有创建渠道活码", "No channel codes made yet"], shop: ["云岭茶铺", "Tea shop"], buy: ["购买", "Buy"], orders: ["我的订单", "My orders"], noOrders: ["还没有订单", "No orders yet"],
  bought: ["已下单", "Ordered"], buyAsk: ["确认付款", "Pay now?"], paidTo: ["付款给", "paid to"], pay: ["付款给 TA", "Pay"], payHint: ["金额（元）", "Amount in yuan"], paid: ["已付款", "Paid"],
  addTitle: ["添加联系人", "Add contact"], add: ["添加到通讯录", "Add"], greeting: ["打招呼（选填）", "Greeting (optional)"], greetingHint: ["你好，我在门店看到的", "Hello, I saw you in the shop"],
  already: ["已经是好友，去聊天", "Connected already: chat"], joinGroup: ["加入该群聊", "Join group"], openLink: ["打开链接并添加", "Open and add"], anyHost: ["接待员工", "Staff behind it"],
  send: ["发送", "Send"], say: ["说点什么…", "Say something…"], details: ["聊天信息", "Chat details"], welcomeTag: ["欢迎语", "Welcome"], broadcastTag: ["群发", "Broadcast"],
  deleteFriend: ["删除联系人", "Delete contact"], deleteFriendAsk: ["删除后，对方将无法再给你发消息。", "They cannot write to you any more."], delete: ["删除", "Delete"], deleted: ["已删除", "Deleted"],
  leaveGroup: ["退出群聊", "Leave group"], leaveAsk: ["退出后不会再收到该群的消息。", "You will get no more messages of this group."], left: ["已退出", "Left"], members: ["群成员", "Members"], notice: ["群公告", "Notice"],
  notFriends: ["你们还不是好友", "You are not connected"], addAgain: ["重新添加", "Add again"], department: ["部门", "Department"], position: ["职务", "Position"], corp: ["企业", "Company"],
  note_added: ["你们已成为好友，现在可以开始聊天了", "You are connected and can chat now"], note_ended_contact: ["客户删除了这位联系人", "The customer deleted this contact"],
  note_ended_staff: ["员工删除了这位客户", "The staff member deleted this customer"], note_joined: ["加入了群聊", "joined the group"],
  card_image: ["[图片]", "[Image]"], card_link: ["[链接]", "[Link]"], card_miniprogram: ["[小程序]", "[Mini program]"], card_video: ["[视频]", "[Video]"], card_file: ["[文件]", "[File]"], miniprogram: ["小程序", "Mini program"],
  tasksOpen: ["待发送", "To send"], tasksDone: ["已处理", "Done"], taskFrom: ["企业群发", "From the company"], toCustomers: ["将发送给 {0} 位客户", "For {0} customers"], toGroups: ["将发送到 {0} 个客户群", "For {0} groups"],
  sendAll: ["发送给全部", "Send to all"], sendSome: ["选择客户", "Choose"], sendChosen: ["发送给选中的 {0} 位", "Send to {0} chosen"], ignore: ["忽略", "Ignore"], sendAsk: ["确认群发？", "Send it?"], ignored: ["已忽略", "Ignored"], sentTo: ["已发送给 {0} 位", "Sent to {0}"],
  state_open: ["待发送", "Waiting"], state_sent: ["已发送", "Sent"], state_ignored: ["已忽略", "Ignored"], state_cancelled: ["已停止", "Stopped"], reminded: ["被提醒 {0} 次", "reminded {0}×"],
  outcome: ["送达 {0} · 已不是好友 {1} · 超出次数 {2}", "delivered {0} · not friends {1} · over quota {2}"], selectNot: ["企业未开放选择客户", "Choosing is not allowed"],
  remark: ["备注", "Remark"], editRemark: ["修改备注", "Edit remark"], nickname: ["微信昵称", "WeChat name"], source: ["来源", "Source"], addedAt: ["添加时间", "Added"], tags: ["客户标签", "Tags"], chat: ["发消息", "Message"],
  deleteClient: ["删除客户", "Delete customer"], deleteClientAsk: ["客户不会收到任何提示，但你将无法再联系 TA。", "They are not told, but you can no longer write."], saved: ["已保存", "Saved"],
  clock: ["世界时钟", "Clock"], hour: ["+1 小时", "+1 hour"], day: ["+1 天", "+1 day"], week: ["+1 周", "+1 week"], people: ["人们的行为", "People"], alive: ["自己行动", "live"], resting: ["静止", "rest"],
  letLive: ["让人们自己行动", "Let people live"], letRest: ["让人们静止", "Let people rest"], profile: ["员工确认群发", "Staff confirm"], profile_mixed: ["混合", "mixed"], profile_prompt: ["很快", "prompt"], profile_busy: ["较忙", "busy"], profile_forgetful: ["健忘", "forgetful"], profile_never: ["从不", "never"],
  mood: ["客户看到群发", "Customers take messages"], mood_usual: ["如常", "as usual"], mood_annoyed: ["反感（大量删除、退群）", "annoyed (many leave)"],
  callbacks: ["回调", "Callbacks"], noCallbacks: ["还没有回调", "None yet"], noUrl: ["没有设置回调地址", "No callback address"], delivered: ["送达", "delivered"], failed: ["失败", "failed"],
  letter_queued: ["发送中", "sending"], letter_held: ["扣留", "held"], letter_late: ["推迟", "late"], letter_delivered: ["送达", "delivered"], letter_failed: ["失败", "failed"], letter_dropped: ["丢弃", "dropped"], tries: ["{0} 次", "{0} tries"],
  trouble: ["故障注入", "Faults"], noTrouble: ["一切正常，没有注入故障", "Nothing is set to fail"], clearAll: ["全部清除", "Clear all"], left_n: ["剩 {0} 次", "{0} left"], forever: ["一直", "for ever"],
  dropAnswer: ["丢掉下一次群发的应答", "Lose the next task's answer"], dropEvent: ["丢掉下一个回调", "Drop the next event"], doubleEvent: ["下一个回调发两遍", "Double the next event"],
  world: ["世界概况", "World"], confirmAll: ["全部员工确认群发", "All staff confirm"], lived: ["时间已推进", "Time has moved on"],
  f_contacts: ["客户", "Customers"], f_staff: ["员工", "Staff"], f_groups: ["客户群", "Groups"], f_tasks_waiting: ["待确认群发", "Tasks waiting"], f_sent: ["已送达", "Delivered"], f_over_quota: ["超出次数", "Over quota"], f_welcomes_sent: ["欢迎语", "Welcomes"], f_orders: ["订单", "Orders"], f_ended_relations: ["流失关系", "Lost"],
  add_external_contact: ["添加客户", "Customer added"], edit_external_contact: ["编辑客户", "Customer edited"], del_external_contact: ["员工删除客户", "Deleted by staff"], del_follow_user: ["客户删除员工", "Deleted by customer"], transfer_fail: ["继承失败", "Transfer failed"],
  create: ["创建", "Created"], update: ["变更", "Changed"], dismiss: ["解散", "Dismissed"], change_external_chat: ["客户群", "Group"], change_external_tag: ["标签", "Tag"], customer_acquisition: ["获客链接", "Link"],
  yesterday: ["昨天", "Yesterday"], offline: ["连不上模拟器，正在重试…", "The simulator does not answer; trying again…"],
};
const PROBLEMS = {
  "they are connected already": "你们已经是好友了", "connected with all of them": "码里的员工都已经是你的好友", "is in the group already": "你已经在群里了",
  "they are not connected": "你们还不是好友", "say something": "内容不能为空", "nobody follows them": "没有员工好友", "is not in the group": "不在群里", "they never met": "他们还不认识",
  "the task does not let staff pick these": "企业未开放选择客户",
};

let index = localStorage.getItem("language") === "en" ? 1 : 0;
document.documentElement.lang = index ? "en" : "zh-Hans";

export function t(key, ...given) {
  const words = WORDS[key] ? WORDS[key][index] : key;
  return given.reduce((text, value, place) => text.replace(`{${place}}`, value), words);
}

/** Is there a word for this key? */
export function has(key) {
  return key in WORDS;
}

export function problem(message) {
  return index === 0 ? PROBLEMS[message] || message : message;
}

export function switchLanguage() {
  index = 1 - index;
  localStorage.setItem("language", index ? "en" : "zh");
  document.documentElement.lang = index ? "en" : "zh-Hans";
}

const ZONE = { timeZone: "Asia/Shanghai", hourCycle: "h23" };
const TIME = new Intl.DateTimeFormat("zh-CN", { ...ZONE, hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("sv-SE", { ...ZONE, year: "numeric", month: "2-digit", day: "2-digit" });

export function clockTime(second) {
  return TIME.format(new Date(second * 1000));
}

export function dayOf(second) {
  return DAY.format(new Date(second * 1000));
}

/** A time as a phone tells it: today only the hour, then yesterday, then the date. */
export function when(second, now, isLong = false) {
  if (!second) return "";
  const [day, time] = [dayOf(second), clockTime(second)];
  if (day === dayOf(now)) return time;
  if (day === dayOf(now - 86400)) return isLong ? `${t("yesterday")} ${time}` : t("yesterday");
  const [year, month, date] = day.split("-");
  const short = index ? `${month}/${date}` : `${Number(month)}月${Number(date)}日`;
  const full = day.slice(0, 4) === dayOf(now).slice(0, 4) ? short : index ? day : `${year}年${short}`;
  return isLong ? `${full} ${time}` : full;
}

export function yuan(fen) {
  return `¥${(fen / 100).toFixed(2)}`;
}
