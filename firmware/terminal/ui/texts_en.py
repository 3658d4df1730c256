"""English texts, one line each: key|text. Rows of a screen: at most 16 cells. See texts.py."""

TABLE = """
idle.start|Key in an amount
idle.signin|Sign in first
idle.nokey|Load master key
idle.signal|Sig
idle.nosignal|No signal
idle.queue|SMS
menu|Menu
menu.sale|Sale
menu.signin|Sign in
menu.lasttxn|Last sale
menu.notices|SMS
menu.language|语言/Language
menu.version|Version

sale|Sale
amount|Amount:
enter|ENTER to go on
card|Swipe/key a card
card.number|Card number:
card.expiry|Expiry (MMYY)
card.bad|Bad card number
card.expired|Card has expired
card.swipe|Swipe again
expiry.bad|Bad expiry date
pin|Enter PIN
pin.short|4 digits or more
pin.again|Wrong PIN, again
mobile|Customer mobile?
mobile.again|Number again
mobile.differs|Numbers differ
mobile.bad|Bad number
amount.zero|Amount is zero
amount.limit|Over the limit
cancelled|Cancelled
timeout|Timed out

online|Contacting host
signin|Sign in
signin.doing|Signing in
signin.done|Signed in
signin.keys|Working keys unusable: ask the acquirer
signin.failed|Sign-in failed
reversal|Reversal
reversal.doing|Reversing
reversal.done|Reversed
reversal.pending|Not reversed yet
reversal.wait|No new sale before the reversal
unsent|NOT SENT
unsent.why|No connection, nothing charged
noanswer|RESULT UNKNOWN
noanswer.why|Reversing: do not charge again

approved|APPROVED
declined|DECLINED
recovered|WAS APPROVED
recovered.why|Printing the slip now
full|Storage full
full.why|Call service

printing|Printing
tear|Tear off slip
tear.next|ENTER: next copy
print.paper|Out of paper
print.cover|Cover is open
print.noanswer|Printer silent
print.error|Printer fault
print.resume|ENTER to resume
print.skip|CANCEL to skip

last.none|No records
state.started|in progress
state.approved|approved
state.declined|declined
state.reversing|to be reversed
state.cancelled|reversed
state.dropped|not sent
notice.none|No messages
notice.queued|queued
notice.sending|sending
notice.sent|sent
notice.delivered|delivered
notice.failed|failed
notice.in_doubt|in doubt
language.now|English

check|Checking
check.doing|Asking the host about a reply
texts.bad|Bad SMS texts
texts.line|Line
texts.builtin|Built-in ones used
sms.state|SMS states
sms.why|Why no SMS?
sms.resend|Send again
sms.trial|SMS self-test
sms.mode|SMS on or off
sms.preview|SMS preview
sms.watch|SMS figures
sms.remedy|What to do
voucher|Voucher or ENTER
voucher.none|No such record
audience.customer|Customer SMS
audience.merchant|Merchant SMS
resend.none|It has no SMS
resend.wait|It may still arrive, ask again later
resend.done|Queued again
sms.number|New no. or ENTER
trial.send|Send
trial.report|Report
trial.receive|Receive
verdict.waiting|waiting
verdict.passed|passed
verdict.failed|failed
verdict.untried|untried
trial.passed|Self-test passed
trial.failed|Self-test failed, see why no SMS
trial.switch|ENTER to turn SMS on
mode.now|SMS:
mode.off|off
mode.trial|trial
mode.on|on
mode.needtrial|Pass the SMS self-test first
preview.parts|parts
watch.rate|Success
watch.time|Takes
watch.parts|In month
alarm.rate|Low SMS success
alarm.queue|SMS queue long
alarm.budget|SMS budget 90 %
alarm.spent|SMS over budget
alarm.reports|No SMS reports
alarm.modem|Unknown modem
stage.noanswer|Modem...
stage.nosim|No SIM
stage.simlocked|SIM lock
stage.nosms|No SMS
stage.notregistered|No net
stage.denied|Denied

type.sale|sale

slip.title|SALES SLIP
slip.merchant|Merchant
slip.merchant_no|Merchant no.
slip.terminal_no|Terminal no.
slip.operator|Operator
slip.acquirer|Acquirer
slip.issuer|Issuer
slip.card|Card
slip.type|Type
slip.batch|Batch
slip.voucher|Voucher
slip.auth|Auth. no.
slip.reference|Reference
slip.time|Date/time
slip.amount|Amount
slip.note|Note
slip.answer|Answer
slip.signature|Signature:
slip.agree|I confirm the above and agree to have it charged to my account
slip.merchant_copy|Merchant copy
slip.customer_copy|Customer copy
slip.declined|DECLINED, nothing charged
slip.recovered|Printed after a power cut
slip.fault|FAULT SLIP
slip.fault.text|The host has not answered the reversal: ask the acquirer
entry.1|keyed
entry.2|swiped
"""
