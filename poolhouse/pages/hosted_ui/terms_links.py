"""Links to an app's terms of use and privacy policy, in the language of the page (ev:oauth-9)."""

from poolhouse.entities.domains import MANAGED_LOGIN
from poolhouse.entities.pool_resources import PRIVACY_POLICY, TERMS_OF_USE, Terms
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.texts import Texts
from poolhouse.rules.pools import terms as rules


async def of_client(page: PageRequest, texts: Texts) -> rules.TermsLinks | None:
    """Return the links of the page's app client; only managed login shows them."""
    if page.pages_version != MANAGED_LOGIN:
        return None
    return rules.links_in(
        texts.code_of_language,
        await _document(page, TERMS_OF_USE),
        await _document(page, PRIVACY_POLICY),
    )


async def _document(page: PageRequest, name: str) -> Terms | None:
    key = rules.key(page.client.id, name)
    return await page.call.store.resources.find_by_key(Terms, page.pool.id, key)
