// Sign in at the pages of the pool's domain, by Amplify: it uses HTTPS only.
import { Amplify } from 'aws-amplify';
import { fetchAuthSession, signInWithRedirect, signOut } from 'aws-amplify/auth';
import { Hub } from 'aws-amplify/utils';

const here = `${location.origin}/`; // one of the app client's callback and logout URLs
Amplify.configure({
  Auth: {
    Cognito: {
      userPoolId: 'us-east-1_Poolhouse',
      userPoolClientId: 'poolhousedevclient00000000',
      userPoolEndpoint: 'https://localhost:9230',
      loginWith: {
        oauth: {
          domain: 'localhost:9230/domains/poolhouse',
          scopes: ['openid', 'email', 'profile'],
          redirectSignIn: [here],
          redirectSignOut: [here],
          responseType: 'code',
        },
      },
    },
  },
});

Hub.listen('auth', ({ payload }) => console.log(payload.event, payload.data?.error ?? ''));

// After the redirect back this waits for the tokens.
const { tokens } = await fetchAuthSession();
document.querySelector('#user').textContent = tokens
  ? `Signed in as ${tokens.idToken.payload.email}`
  : 'Not signed in';
const [signInButton, signOutButton] = document.querySelectorAll('button');
signInButton.hidden = Boolean(tokens);
signOutButton.hidden = !tokens;
signInButton.onclick = () => signInWithRedirect();
signOutButton.onclick = () => signOut();
