"""Chinese texts, one line each: key|text. Rows of a screen: at most 16 cells. See texts.py."""

TABLE = """
idle.start|请输入金额消费
idle.signin|请先签到
idle.nokey|请注入主密钥
idle.signal|信号
idle.nosignal|无信号
idle.queue|待发
menu|菜单
menu.sale|消费
menu.signin|签到
menu.lasttxn|上笔交易
menu.notices|短信
menu.language|语言/Language
menu.version|版本

sale|消费
amount|金额:
enter|按确认键继续
card|请刷卡或输卡号
card.number|卡号:
card.expiry|有效期(月月年年)
card.bad|卡号有误
card.expired|卡已过期
card.swipe|刷卡失败请重刷
expiry.bad|有效期有误
pin|请输入密码
pin.short|密码至少4位
pin.again|密码错误请重输
mobile|顾客手机号(可免)
mobile.again|请再输一次号码
mobile.differs|两次号码不同
mobile.bad|手机号有误
amount.zero|金额不能为零
amount.limit|金额超过上限
cancelled|已取消
timeout|操作超时已退出

online|正在联机请稍候
signin|签到
signin.doing|正在签到请稍候
signin.done|签到成功
signin.keys|工作密钥不可用 请联系收单机构
signin.failed|签到失败
reversal|冲正
reversal.doing|正在冲正请稍候
reversal.done|上笔已冲正未扣款
reversal.pending|冲正未完成
reversal.wait|冲正完成前不能做新交易
unsent|未发出 未扣款
unsent.why|无法连接主机 请稍后重试
noanswer|交易结果未知
noanswer.why|正在冲正 请勿重复刷卡

approved|交易成功
declined|交易失败
recovered|断电前交易成功
recovered.why|正在补打小票
full|存储已满
full.why|请联系服务商

printing|正在打印
tear|请撕下商户存根
tear.next|按确认打印下一联
print.paper|打印机缺纸
print.cover|打印机盖未合
print.noanswer|打印机无应答
print.error|打印机故障
print.resume|装好后按确认续打
print.skip|取消键放弃打印

last.none|没有交易记录
state.started|处理中
state.approved|成功
state.declined|失败
state.reversing|待冲正
state.cancelled|已冲正
state.dropped|未发出
notice.none|没有短信
notice.queued|待发送
notice.sending|发送中
notice.sent|已发送
notice.delivered|已送达
notice.failed|发送失败
notice.in_doubt|结果未知
language.now|中文

check|核对交易
check.doing|正在向主机核对顾客的回复
sms.state|短信状态
sms.why|为何没收到
sms.resend|重发短信
sms.trial|短信自检
sms.mode|短信开关
sms.preview|短信预览
sms.watch|短信统计
sms.remedy|怎么办
voucher|凭证号(空为上笔)
voucher.none|没有这笔交易
audience.customer|顾客短信
audience.merchant|商户短信
resend.none|这笔没有短信
resend.wait|可能仍会送达，请稍后再查
resend.done|已排队重发
sms.number|新号码(空为原号)
trial.send|发送
trial.report|回执
trial.receive|接收
verdict.waiting|等待中
verdict.passed|通过
verdict.failed|失败
verdict.untried|未测
trial.passed|自检通过
trial.failed|自检未通过，请查短信原因
trial.switch|按确认开启短信
mode.now|短信
mode.off|关闭
mode.trial|试用
mode.on|开启
mode.needtrial|请先做短信自检并通过
preview.parts|条数
watch.rate|成功率
watch.time|送达
watch.parts|本月条数
alarm.rate|短信成功率低
alarm.queue|待发短信过多
alarm.budget|短信快超预算
alarm.spent|短信已超预算
alarm.reports|没有送达回执
stage.noanswer|等待模块
stage.nosim|无SIM卡
stage.simlocked|SIM已锁
stage.nosms|不能短信
stage.notregistered|无网络
stage.denied|网络拒绝

type.sale|消费

slip.title|签购单
slip.merchant|商户名称
slip.merchant_no|商户编号
slip.terminal_no|终端编号
slip.operator|操作员号
slip.acquirer|收单机构
slip.issuer|发卡机构
slip.card|卡号
slip.type|交易类型
slip.batch|批次号
slip.voucher|凭证号
slip.auth|授权码
slip.reference|参考号
slip.time|日期时间
slip.amount|金额
slip.note|备注
slip.answer|应答
slip.signature|持卡人签名:
slip.agree|本人确认以上交易，同意将其记入本卡账户
slip.merchant_copy|商户存根
slip.customer_copy|持卡人存根
slip.declined|交易失败 未扣款
slip.recovered|断电后补打
slip.fault|故障单
slip.fault.text|冲正未获主机应答，请联系收单机构核对
entry.1|手输
entry.2|刷卡
"""
