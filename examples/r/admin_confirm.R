# Sign a user up, confirm the sign-up as an administrator, and look at the user.
# Runs against `poolhouse dev` as it stands: install.packages("paws"), then Rscript admin_confirm.R

pool_id <- Sys.getenv("USER_POOL_ID", "us-east-1_Poolhouse")
client_id <- Sys.getenv("CLIENT_ID", "poolhousedevclient00000000")
username <- paste0("alice-", format(Sys.time(), "%Y%m%d%H%M%S-"), Sys.getpid())

cognito <- paws::cognitoidentityprovider(
  config = list(
    endpoint = Sys.getenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9229"),
    region = sub("_.*", "", pool_id),
    # `poolhouse dev` takes any key; `poolhouse serve` and AWS want yours.
    credentials = list(
      creds = list(
        access_key_id = Sys.getenv("AWS_ACCESS_KEY_ID", "any"),
        secret_access_key = Sys.getenv("AWS_SECRET_ACCESS_KEY", "any")
      )
    )
  )
)

signed_up <- cognito$sign_up(
  ClientId = client_id,
  Username = username,
  Password = "Correct-horse-9",
  UserAttributes = list(list(Name = "email", Value = paste0(username, "@example.com")))
)

# No code is needed. The pool's post-confirmation function receives ClientMetadata.
# paws documents this operation as cognitoidentityprovider_admin_confirm_sign_up.
confirm <- function() {
  cognito$admin_confirm_sign_up(
    UserPoolId = pool_id,
    Username = username,
    ClientMetadata = list(invitedBy = "bob")
  )
}
confirmed <- confirm()

refusal <- tryCatch(confirm(), error = identity)
if (!inherits(refusal, "error")) {
  stop("A second confirmation should have been refused.")
}
writeLines(paste("Once more:", conditionMessage(refusal)))

user <- cognito$admin_get_user(UserPoolId = pool_id, Username = username)
writeLines(paste(username, "is", user$UserStatus))
