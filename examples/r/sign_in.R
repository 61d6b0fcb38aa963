# Sign a user in, use the access token, refresh it, and sign out everywhere.
# Runs against `poolhouse dev` as it stands: install.packages("paws"), then Rscript sign_in.R

pool_id <- Sys.getenv("USER_POOL_ID", "us-east-1_Poolhouse")
client_id <- Sys.getenv("CLIENT_ID", "poolhousedevclient00000000")
username <- paste0("alice-", format(Sys.time(), "%Y%m%d%H%M%S-"), Sys.getpid())
password <- "Correct-horse-9"

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
  Password = password,
  UserAttributes = list(list(Name = "email", Value = paste0(username, "@example.com")))
)
confirmed <- cognito$admin_confirm_sign_up(UserPoolId = pool_id, Username = username)

tokens <- cognito$initiate_auth(
  ClientId = client_id,
  AuthFlow = "USER_PASSWORD_AUTH",
  AuthParameters = list(USERNAME = username, PASSWORD = password)
)$AuthenticationResult

# The access token lets its holder use the API.
whose <- function(token) cognito$get_user(AccessToken = token)$Username
writeLines(paste0("The access token is ", whose(tokens$AccessToken), "'s"))

# When it has expired, the refresh token gets another.
refreshed <- cognito$initiate_auth(
  ClientId = client_id,
  AuthFlow = "REFRESH_TOKEN_AUTH",
  AuthParameters = list(REFRESH_TOKEN = tokens$RefreshToken)
)$AuthenticationResult

signed_out <- cognito$global_sign_out(AccessToken = refreshed$AccessToken)
refusal <- tryCatch(whose(tokens$AccessToken), error = identity)
if (!inherits(refusal, "error")) {
  stop("The access token should have been refused.")
}
writeLines(paste("Now:", conditionMessage(refusal)))
writeLines(paste(username, "is signed out"))
