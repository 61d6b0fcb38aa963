// Offers passkeys in the field for the name, and signs in with the one that is chosen. Browsers that
// have no such passkeys show the page as it is.
(async () => {
  "use strict";
  const form = document.getElementById("passkey-autofill");
  const supported = window.PublicKeyCredential;
  if (!supported?.isConditionalMediationAvailable || !supported.parseRequestOptionsFromJSON) return;
  if (!(await supported.isConditionalMediationAvailable())) return;
  const response = await fetch(form.action);
  if (!response.ok) return;
  const { options, session } = await response.json();
  // Browsers have one request at a time: this one ends before the form leads to another.
  const open = new AbortController();
  document.cognitoSignInForm.addEventListener("submit", () => open.abort());
  const credential = await navigator.credentials.get({
    mediation: "conditional",
    publicKey: supported.parseRequestOptionsFromJSON(options),
    signal: open.signal,
  });
  form.elements.session.value = session;
  form.elements.credential.value = JSON.stringify(credential);
  form.submit();
})().catch(() => {});
