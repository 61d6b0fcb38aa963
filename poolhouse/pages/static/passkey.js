// Signs in with a passkey: asks the authenticator for what the page's form carries, and sends the
// form with the answer. Without a script the page offers the other ways to sign in.
(() => {
  const form = document.getElementById("passkey");
  const button = form.querySelector("button");
  const problem = form.querySelector("[role=alert]");

  const show = (text) => {
    problem.textContent = text;
    problem.hidden = false;
  };

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");

  const request = () => {
    const options = JSON.parse(form.dataset.request);
    options.challenge = bytes(options.challenge);
    for (const each of options.allowCredentials || []) each.id = bytes(each.id);
    return options;
  };

  const answer = (credential) => ({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      authenticatorData: text(credential.response.authenticatorData),
      clientDataJSON: text(credential.response.clientDataJSON),
      signature: text(credential.response.signature),
      userHandle: credential.response.userHandle ? text(credential.response.userHandle) : undefined,
    },
  });

  const signIn = async () => {
    problem.hidden = true;
    button.disabled = true;
    try {
      const credential = await navigator.credentials.get({ publicKey: request() });
      form.elements.credential.value = JSON.stringify(answer(credential));
      form.submit();
    } catch {
      show(form.dataset.failed);
      button.disabled = false;
      button.focus();
    }
  };

  if (!window.PublicKeyCredential) {
    show(form.dataset.unsupported);
    return;
  }
  button.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    signIn();
  });
  signIn();
})();
