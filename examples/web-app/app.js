// Sign in at the pages of the pool's domain: the authorization code flow with PKCE.
const clientId = 'poolhousedevclient00000000';
const here = `${location.origin}/`; // one of the app client's callback and logout URLs
const manager = new oidc.UserManager({
  authority: 'http://127.0.0.1:9229/us-east-1_Poolhouse',
  client_id: clientId,
  redirect_uri: here,
  scope: 'openid email profile',
  loadUserInfo: true,
});

if (new URLSearchParams(location.search).has('code')) {
  await manager.signinRedirectCallback();
  history.replaceState(null, '', here);
}

const user = await manager.getUser();
document.querySelector('#user').textContent = user
  ? `Signed in as ${user.profile.email}`
  : 'Not signed in';
const [signIn, signOut] = document.querySelectorAll('button');
signIn.hidden = Boolean(user);
signOut.hidden = !user;
signIn.onclick = () => manager.signinRedirect();
signOut.onclick = () =>
  manager.signoutRedirect({ extraQueryParams: { client_id: clientId, logout_uri: here } });
