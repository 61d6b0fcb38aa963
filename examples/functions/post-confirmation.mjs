// A post-confirmation function, written as for Lambda: it says who came, and on whose invitation.
//
// poolhouse dev --trigger post-confirmation=examples/functions/post-confirmation.mjs:handler

export const handler = async (event) => {
  const { userAttributes, clientMetadata } = event.request;
  // ClientMetadata of AdminConfirmSignUp or ConfirmSignUp, if the caller gave any.
  console.log(`${userAttributes.email} was invited by ${clientMetadata?.invitedBy ?? "nobody"}`);
  return event;
};
