"""Configurations for Terraform, each a change of all resources of the one before."""

import re

ROLE = "arn:aws:iam::123456789012:role/sms"
SES = "arn:aws:ses:us-east-1:123456789012:identity/no-reply@home.example"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function"

EVERYTHING = f"""
  alias_attributes           = ["email", "preferred_username"]
  auto_verified_attributes   = ["email", "phone_number"]
  deletion_protection        = "INACTIVE"
  mfa_configuration          = "OPTIONAL"
  sms_authentication_message = "{{####}} it is"
  user_pool_tier             = "PLUS"
  tags                       = {{ team = "blue", Env = "test" }}
  account_recovery_setting {{
    recovery_mechanism {{
      name     = "verified_email"
      priority = 1
    }}
    recovery_mechanism {{
      name     = "verified_phone_number"
      priority = 2
    }}
  }}
  admin_create_user_config {{
    allow_admin_create_user_only = true
    invite_message_template {{
      email_message = "Hello {{username}}, {{####}}"
      email_subject = "Welcome"
      sms_message   = "Hello {{username}}, {{####}}"
    }}
  }}
  device_configuration {{
    challenge_required_on_new_device      = true
    device_only_remembered_on_user_prompt = false
  }}
  email_configuration {{
    email_sending_account  = "DEVELOPER"
    from_email_address     = "Home <no-reply@home.example>"
    reply_to_email_address = "help@home.example"
    source_arn             = "{SES}"
  }}
  lambda_config {{
    pre_sign_up          = "{FUNCTION}:pre-sign-up"
    post_confirmation    = "{FUNCTION}:post-confirmation"
    pre_token_generation = "{FUNCTION}:pre-token"
  }}
  password_policy {{
    minimum_length                   = 12
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = false
    require_uppercase                = false
    temporary_password_validity_days = 3
    password_history_size            = 2
  }}
  schema {{
    name                = "tenant"
    attribute_data_type = "String"
    mutable             = false
    string_attribute_constraints {{
      min_length = 1
      max_length = 64
    }}
  }}
  schema {{
    name                = "age"
    attribute_data_type = "Number"
    mutable             = true
    number_attribute_constraints {{
      min_value = 0
      max_value = 150
    }}
  }}
  sign_in_policy {{
    allowed_first_auth_factors = ["PASSWORD", "EMAIL_OTP"]
  }}
  sms_configuration {{
    external_id    = "home"
    sns_caller_arn = "{ROLE}"
  }}
  software_token_mfa_configuration {{
    enabled = true
  }}
  user_attribute_update_settings {{
    attributes_require_verification_before_update = ["email"]
  }}
  user_pool_add_ons {{
    advanced_security_mode = "AUDIT"
  }}
  username_configuration {{
    case_sensitive = false
  }}
  verification_message_template {{
    default_email_option  = "CONFIRM_WITH_LINK"
    email_message         = "It is {{####}}"
    email_message_by_link = "{{##Click##}}"
    email_subject         = "Hello"
    email_subject_by_link = "Hello by link"
    sms_message           = "It is {{####}}"
  }}
  web_authn_configuration {{
    relying_party_id  = "home.example"
    user_verification = "preferred"
  }}
"""


def without(settings: str, *blocks: str) -> str:
    """The settings without some blocks and lines, by the name that they begin with."""
    for block in blocks:
        settings, count = re.subn(
            rf"^  {block}( +=.*\n| {{\n(?:    .*\n)*  }}\n)", "", settings, flags=re.MULTILINE
        )
        assert count, block
    return settings


def pool(name: str, settings: str) -> str:
    return f'resource "aws_cognito_user_pool" "{name}" {{\n  name = "{name}"\n{settings}\n}}\n'


LONGER_PASSWORDS = re.sub(r"(minimum_length +=) 12", r"\1 14", EVERYTHING)
FEWER_TAGS = LONGER_PASSWORDS.replace('team = "blue", ', "")
NO_ADD_ONS = without(FEWER_TAGS, "user_pool_add_ons", "software_token_mfa_configuration")
FEW = without(
    NO_ADD_ONS,
    "tags",
    "admin_create_user_config",
    "device_configuration",
    "lambda_config",
    "user_attribute_update_settings",
    "verification_message_template",
)
NO_SMS = (
    without(FEW, "sms_configuration")
    .replace("OPTIONAL", "OFF")
    .replace('"email", "phone_number"', '"email"')
)
FULL_POOL = (EVERYTHING, LONGER_PASSWORDS, FEWER_TAGS, NO_ADD_ONS, FEW, NO_SMS)

SENDER = f'  sms_configuration {{\n external_id = "home"\n sns_caller_arn = "{ROLE}"\n}}\n'
APP = "  software_token_mfa_configuration {\n enabled = ENABLED\n}\n"
MFA_POOL = (
    f'  mfa_configuration = "OPTIONAL"\n{SENDER}{APP}',
    f'  mfa_configuration = "ON"\n{SENDER}{APP}',
    f'  mfa_configuration = "ON"\n{SENDER}',
    f'  mfa_configuration = "OFF"\n{SENDER}',
    '  mfa_configuration = "OFF"\n',
    f'  mfa_configuration = "OPTIONAL"\n{SENDER}{APP}',
)
PLAIN_POOL = (
    "",
    '  tags = { a = "b" }\n',
    "",
    "",
    "  device_configuration {\n challenge_required_on_new_device = false\n}\n",
    "",
)


def client(name: str, settings: str) -> str:
    return (
        f'resource "aws_cognito_user_pool_client" "{name}" {{\n  name = "{name}"\n'
        f"  user_pool_id = aws_cognito_user_pool.plain.id\n{settings}}}\n"
    )


EVERY_CLIENT_SETTING = """
  access_token_validity                         = 30
  id_token_validity                             = 30
  refresh_token_validity                        = 10
  allowed_oauth_flows                           = ["code"]
  allowed_oauth_flows_user_pool_client          = true
  allowed_oauth_scopes                          = ["openid", "email"]
  auth_session_validity                         = 5
  callback_urls                                 = ["https://app.example/", "myapp://done"]
  default_redirect_uri                          = "https://app.example/"
  enable_propagate_additional_user_context_data = true
  enable_token_revocation                       = true
  explicit_auth_flows                           = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"]
  generate_secret                               = true
  logout_urls                                   = ["https://app.example/out"]
  prevent_user_existence_errors                 = "ENABLED"
  read_attributes                               = ["email", "name"]
  write_attributes                              = ["email"]
  supported_identity_providers                  = ["COGNITO"]
  refresh_token_rotation {
    feature                    = "ENABLED"
    retry_grace_period_seconds = 20
  }
  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }
"""


ROTATION_OFF = EVERY_CLIENT_SETTING.replace(
    '"ENABLED"\n    retry_grace_period_seconds = 20',
    '"DISABLED"\n    retry_grace_period_seconds = 0',
)
FULL_CLIENT = (
    EVERY_CLIENT_SETTING,
    EVERY_CLIENT_SETTING.replace("= 30", "= 45"),
    EVERY_CLIENT_SETTING.replace("= 20", "= 0"),
    ROTATION_OFF,
    without(ROTATION_OFF, "read_attributes", "logout_urls", "prevent_user_existence_errors"),
    EVERY_CLIENT_SETTING,
)
SRP = '  explicit_auth_flows = ["ALLOW_USER_SRP_AUTH"]\n'
PLAIN_CLIENT = ("", SRP, SRP, "", "  access_token_validity = 2\n", "")

GROUP = f'  description = "Staff"\n  precedence = 3\n  role_arn = "{ROLE}"\n'
GROUPS = (
    GROUP,
    GROUP.replace("Staff", "All of the staff"),
    GROUP.replace("= 3", "= 9"),
    GROUP,
    GROUP,
    GROUP,
)
USER = (
    '  username = "alice"\n  password = "Correct-horse-9"\n'
    '  attributes = { email = "alice@home.example", email_verified = true, name = "Alice" }\n'
)
USERS = (
    USER,
    USER.replace('"Alice"', '"Alicia"'),
    USER.replace(', name = "Alice"', ""),
    USER + "  enabled = false\n",
    USER,
    USER,
)
MEMBER = """
resource "aws_cognito_user_in_group" "alice" {
  group_name   = aws_cognito_user_group.staff.name
  username     = aws_cognito_user.alice.username
  user_pool_id = aws_cognito_user_pool.plain.id
}
"""
MEMBERS = (MEMBER, MEMBER, MEMBER, MEMBER, "", MEMBER)


def of_plain(kind: str, name: str, settings: str) -> str:
    place = "  user_pool_id = aws_cognito_user_pool.plain.id\n"
    return f'resource "{kind}" "{name}" {{\n{place}{settings}}}\n'


DOMAIN = """
resource "aws_cognito_user_pool_domain" "NAME" {
  domain       = "DOMAIN"
  user_pool_id = aws_cognito_user_pool.plain.id
SETTINGS}
"""


def domain(name: str, address: str, settings: str) -> str:
    named = DOMAIN.replace("NAME", name).replace("DOMAIN", address)
    return named.replace("SETTINGS", settings)


PAGES = "  managed_login_version = VERSION\n"
CLASSIC, MANAGED = PAGES.replace("VERSION", "1"), PAGES.replace("VERSION", "2")
CERTIFICATE = '  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/ID"\n'
PREFIX = [domain("prefix", "terraform", pages) for pages in ("", CLASSIC, MANAGED)]
OTHER_PREFIX = domain("prefix", "terraform-other", MANAGED)
CUSTOM = [
    domain("custom", "login.home.example", CERTIFICATE.replace("ID", number) + pages)
    for number, pages in (("1", CLASSIC), ("2", CLASSIC), ("2", MANAGED))
]
DOMAINS = (
    PREFIX[0],
    PREFIX[1] + CUSTOM[0],
    PREFIX[2] + CUSTOM[1],
    PREFIX[2] + CUSTOM[2],
    OTHER_PREFIX,
    PREFIX[0] + CUSTOM[0],
)


def scope(name: str, description: str) -> str:
    return (
        f'  scope {{\n    scope_name        = "{name}"\n'
        f'    scope_description = "{description}"\n  }}\n'
    )


ORDERS = '  identifier = "https://orders.example"\n  name = "NAME"\n'
READ, WRITE = scope("read", "Read orders"), scope("write", "Change orders")
RESOURCE_SERVERS = (
    ORDERS + READ,
    ORDERS + READ + WRITE,
    ORDERS.replace("NAME", "ANOTHER") + WRITE + READ,
    ORDERS + scope("read", "Read all orders"),
    ORDERS,
    ORDERS + READ + WRITE,
)
MACHINE = """
  generate_secret                      = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = ["https://orders.example/read"]
  depends_on                           = [aws_cognito_resource_server.orders]
"""
MACHINES = (*[MACHINE] * 4, "", MACHINE)

PIXEL = "iVBORw0KGgo="
"""The beginning of a PNG image, which is as much as the server looks at."""
CSS = '  css = ".label-customizable {font-weight: 400;}"\n'
IMAGE = f'  image_file = "{PIXEL}"\n'
OF_CLIENT = "  client_id = aws_cognito_user_pool_client.full.id\n"
BEHIND_DOMAIN = "  depends_on = [aws_cognito_user_pool_domain.prefix]\n"
LOOKS = [
    settings and settings + BEHIND_DOMAIN
    for settings in (CSS, CSS + IMAGE, IMAGE, OF_CLIENT + CSS.replace("400", "700"), "", CSS)
]

MADE_ELSEWHERE = """
variable "other_pool" {
  type = string
}
resource "aws_cognito_managed_user_pool_client" "search" {
  name_prefix  = "search-"
  user_pool_id = var.other_pool
SETTINGS}
"""
CODE_FLOW = """
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = ["openid", "email"]
  callback_urls                        = ["https://search.example/done"]
  logout_urls                          = ["https://search.example/out"]
  supported_identity_providers         = ["COGNITO"]
"""
IMPLICIT = CODE_FLOW.replace('"code"', '"code", "implicit"').replace('"email"', '"phone"')
OTHERS = ("", CODE_FLOW, IMPLICIT, without(IMPLICIT, "logout_urls"), "", CODE_FLOW)


STEPS = [
    "".join(
        (
            pool("full", FULL_POOL[n]),
            pool("by_app", MFA_POOL[n].replace("ENABLED", "true")),
            pool("by_sms", MFA_POOL[n].replace("ENABLED", "false")),
            pool("plain", PLAIN_POOL[n]),
            client("full", FULL_CLIENT[n]),
            client("bare", PLAIN_CLIENT[n]),
            client("machine", MACHINES[n]) if MACHINES[n] else "",
            DOMAINS[n],
            of_plain("aws_cognito_resource_server", "orders", RESOURCE_SERVERS[n]),
            of_plain("aws_cognito_user_pool_ui_customization", "looks", LOOKS[n])
            if LOOKS[n]
            else "",
            MADE_ELSEWHERE.replace("SETTINGS", OTHERS[n]),
            of_plain("aws_cognito_user_group", "staff", f'  name = "staff"\n{GROUPS[n]}'),
            of_plain("aws_cognito_user", "alice", USERS[n]),
            MEMBERS[n],
        )
    )
    for n in range(6)
]
