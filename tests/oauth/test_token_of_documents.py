"""The token endpoint for apps whose client_id is the URL of a metadata document."""

from support.document_server import DocumentServer
from support.domain_endpoints import CHALLENGE, VERIFIER, Endpoints, add_domain, code_of
from support.running_server import RunningServer

from oauth.test_client_documents import BACK, PolicyOfPool


def test_code_of_document_client_is_exchanged_once(
    allowing: RunningServer, documents: DocumentServer
) -> None:
    """Its second use revokes the tokens of the first, as for other app clients."""
    policy = PolicyOfPool(allowing)
    policy.pool.sign_up()
    policy.pool.admin_confirm()
    url = documents.publish("/exchanges.json")
    app = Endpoints(add_domain(allowing, policy.pool), {"ClientId": url})
    asked = {"client_id": url, "redirect_uri": BACK, "code_challenge": CHALLENGE}
    code = code_of(allowing, policy.pool, **asked)
    form = {"redirect_uri": BACK, "code_verifier": VERIFIER}
    tokens = app.exchange(code, **form).json()
    assert app.refresh(tokens["refresh_token"]).status_code == 200
    assert app.exchange(code, **form).json() == {"error": "invalid_grant"}
    assert app.refresh(tokens["refresh_token"]).json() == {"error": "invalid_grant"}
    unknown = Endpoints(app.url, {"ClientId": f"{url}?other"}).exchange(code, **form)
    assert (unknown.status_code, unknown.json()) == (400, {"error": "invalid_client"})
