// Adds a passkey: asks the authenticator for what the page's form carries, and sends the form with it.
(() => {
  "use strict";
  const form = document.getElementById("new-passkey");
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

  const asked = () => {
    const options = JSON.parse(form.dataset.options);
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    for (const each of options.excludeCredentials || []) each.id = bytes(each.id);
    return options;
  };

  const made = (credential) => ({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      attestationObject: text(credential.response.attestationObject),
      clientDataJSON: text(credential.response.clientDataJSON),
      transports: credential.response.getTransports ? credential.response.getTransports() : [],
    },
  });

  const add = async () => {
    problem.hidden = true;
    button.disabled = true;
    try {
      const credential = await navigator.credentials.create({ publicKey: asked() });
      form.elements.credential.value = JSON.stringify(made(credential));
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
    add();
  });
  add();
})();
