import asyncio, pytest
from shop import CUSTOMER, MERCHANT, IDLE
from posterm.sim.modem.config import ModemConfig
from test_terminal_doctor import sell
async def ask(shop, v):
    print(await shop.ask("doctor %d" % v))

def test_no_reports(play):
    async def story(shop):
        for _ in range(6):
            v = await sell(shop); await asyncio.sleep(200)
        await ask(shop, v)
        await asyncio.sleep(86400*1.2)
        await ask(shop, v)
        print(await shop.ask("watch"))
    play(story, modem_config=ModemConfig(variants=("no_reports",)))

def test_sim_full(play):
    async def story(shop):
        shop.modem.messages.fill("SM", 0)
        await shop.power_off(); shop.modem.reboot(); await shop.power_on(); await shop.screen(IDLE); await shop.ready()
        v = await sell(shop); await asyncio.sleep(200)
        await ask(shop, v)
        print(shop.terminal.modem.storage_full, "\n".join(shop.events[-20:]))
    play(story, modem_config=ModemConfig(variants=("reports_stored",)))

def test_sim_full_incoming(play):
    async def story(shop):
        shop.modem.messages.fill("SM", 0)
        await shop.power_off(); shop.modem.reboot(); await shop.power_on(); await shop.screen(IDLE); await shop.ready()
        shop.modem.centre.deliver(CUSTOMER, "帮助")
        await asyncio.sleep(100)
        print(shop.terminal.modem.storage_full, "\n".join(shop.events[-20:]), shop.inbox(CUSTOMER))
    play(story)

def test_brown(play):
    async def story(shop):
        v = await sell(shop)
        shop.modem.config.sms_delay = 500; shop.modem.reboot(); await shop.ready()
        v = await sell(shop)
        shop.modem.config.sms_delay = .1
        shop.modem.brown_out(1000); shop.modem.reboot()
        await asyncio.sleep(120)
        await ask(shop, v)
        print("\n".join(shop.events[-20:]), shop.terminal.modem.resets, shop.terminal.modem.supply_warnings)
        print(await shop.ask("status"))
    play(story)

def test_off(play):
    async def story(shop):
        v = await sell(shop)
        shop.modem.centre.set_phone(CUSTOMER, refuse=38)
        v = await sell(shop)
        shop.modem.power_off()
        await asyncio.sleep(60)
        await ask(shop, v)
        print(shop.board.lcd.rows)
        shop.modem.power_on()
        await asyncio.sleep(60)
        await ask(shop, v)
        print(shop.board.lcd.rows)
        shop.modem.centre.set_phone(CUSTOMER, refuse=None)
        await asyncio.sleep(900)
        await ask(shop, v)
    play(story)
