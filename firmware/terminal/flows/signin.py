"""Sign in at the host: working keys and batch number."""

from terminal.acquirer import answers
from terminal.acquirer.errors import BadKeys, HostError, Refused


class SignIn:
    """Args: `forms`, `session`, `modem`, `log`."""

    def __init__(self, forms, session, modem, log):
        self._forms = forms
        self._session = session
        self._modem = modem
        self._log = log

    async def run(self):
        """Sign in with messages on the screen. Returns True when it succeeded."""
        t = self._forms.texts
        self._forms.screen.message(t("signin"), t("signin.doing"))
        self._modem.claim()
        try:
            await self._session.sign_in()
        except Refused as e:
            answer = answers.find(t.language, e.code)
            await self._forms.say(t("signin.failed"), e.code + " " + answer.text, answer.step)
            return False
        except BadKeys as e:
            self._log("signin.failed", e.reason)
            await self._forms.say(t("signin.failed"), t("signin.keys"))
            return False
        except HostError as e:
            self._log("signin.failed", e.reason)
            await self._forms.say(t("signin.failed"), t("unsent.why"))
            return False
        except OSError as e:
            self._log("signin.unstored", "error %d" % e.errno)
            await self._forms.say(t("full"), t("full.why"))
            return False
        finally:
            self._modem.release()
        await self._forms.say(t("signin.done"), seconds=1)
        return True
